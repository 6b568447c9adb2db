import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { type Ended, type Found, openScriptStage, type ScriptStage } from './script-stage.ts';

/*
 * What drain.sh of examples/log-collection makes of what it finds. That collector and Loki behave as they
 * do here is seen in log-collection.test.ts.
 */

let stage: ScriptStage;

beforeAll(async () => {
  stage = await openScriptStage();
});
afterAll(() => rm(stage.folder, { recursive: true, force: true }));

const one = 'shop_one_11111111-0000-0000-0000-000000000000.log';
const two = 'shop_two_22222222-0000-0000-0000-000000000000.log';
const THREE_LINES = 'a\nb\nc\n';
/** Of three lines: as many, and the sum of their numbers. */
const THREE = '3 6';

interface Case extends Partial<Ended> {
  readonly when: string;
  readonly found: Found;
  /** Part of what it says. */
  readonly says: string;
}

const DRAINED: readonly Case[] = [
  { when: 'nothing was written', found: { files: { [one]: '' } }, says: 'nothing was written' },
  {
    when: 'nothing is left but a queue that is sent',
    found: { queue: true },
    says: "0 batches of the sidecar's queue are left",
  },
  {
    when: 'Loki has every line',
    found: { files: { [one]: THREE_LINES }, loki: { [one]: THREE } },
    says: '3 lines are in Loki',
  },
  {
    when: 'Loki has every line, numbered as the receiver does: empty ones count, and are not sent',
    found: {
      files: { [one]: `a\n\r\n${'x'.repeat(1_048_577)}\r\nunfinished` },
      loki: { [one]: `4 ${1 + 3 + 4 + 5}` },
    },
    says: '4 lines are in Loki',
  },
  {
    when: 'a file has a symbolic link and a hard link beside it',
    found: {
      files: { [one]: THREE_LINES },
      links: { 'a.log': ['symbolic', one], [`${one}.1`]: ['hard', one] },
      loki: { [one]: THREE },
    },
    says: '3 lines are in Loki',
  },
  {
    when: 'Loki lacks lines of one of two files',
    found: {
      files: { [one]: THREE_LINES, [two]: THREE_LINES },
      loki: { [one]: THREE, [two]: '2 3' },
    },
    says: "3 of 3 lines are acknowledged, 0 batches of the sidecar's queue are left",
    again: [two],
  },
  {
    when: 'Loki has one line twice and another not at all',
    found: { files: { [one]: THREE_LINES }, loki: { [one]: '3 5' } },
    says: '3 of 3 lines are acknowledged',
    again: [one],
  },
  {
    when: 'files do not say whose they are, and Loki has lines of another Pod under their names',
    found: {
      files: { 'access.log': THREE_LINES, 'web_access_1.log': THREE_LINES, [two]: THREE_LINES },
      loki: { 'access.log': THREE, 'web_access_1.log': THREE, [two]: THREE },
    },
    says: '6 of 6 lines are acknowledged',
    again: ['access.log', 'web_access_1.log'],
  },
  {
    when: 'Loki takes lines, and answers no questions in a minute each',
    found: { files: { [one]: THREE_LINES, [two]: THREE_LINES }, loki: 'silent' },
    says: '6 of 6 lines are acknowledged',
    again: [one, two],
  },
  {
    when: 'lines are late',
    found: {
      files: { [one]: THREE_LINES },
      loki: { [one]: THREE },
      metrics: (usual, look) => ({
        ...usual,
        'otlp_http exporter_queue_size': look < 40 ? 41 - look : 0,
      }),
    },
    says: '3 lines are in Loki',
  },
];

const FAILED: readonly Case[] = [
  // Of another name, hidden, in a folder, in one that is called as that of the file system.
  ...['elsewhere.txt', '.x.log', 'old/x.log', 'old/lost+found/x.log'].map((path) => ({
    when: `${path} has content`,
    found: { files: { [path]: 'lost' } },
    says: `buffer/${path} has content`,
  })),
  {
    when: 'a file with a line feed in its name has content',
    found: { files: { 'x.log\n': 'lost' } },
    says: 'buffer/x.log has content',
  },
  {
    when: 'Loki refuses lines of the queue for good, which are in no file',
    found: {
      queue: true,
      metrics: (usual) => ({ ...usual, 'otlp_http exporter_send_failed_log_records_total': 2 }),
    },
    says: 'lines were refused for good',
  },
  {
    when: 'Loki refuses lines of the queue for good, and has all that are in files',
    found: {
      files: { [one]: THREE_LINES },
      loki: { [one]: THREE },
      metrics: (usual) => ({ ...usual, 'otlp_http exporter_send_failed_log_records_total': 2 }),
    },
    says: 'lines were refused for good',
  },
  {
    when: 'Loki refuses lines that are sent again',
    found: {
      files: { [one]: THREE_LINES },
      metrics: (usual) => ({
        ...usual,
        'file_log/again receiver_accepted_log_records_total': 0,
        'otlp_http/again exporter_send_failed_log_records_total':
          usual['file_log/again receiver_accepted_log_records_total'] ?? 0,
      }),
    },
    says: 'lines were refused for good',
    again: [one],
  },
  {
    when: 'more lines are acknowledged than there are',
    found: {
      files: { [one]: THREE_LINES },
      metrics: (usual) => ({ ...usual, 'file_log/again receiver_accepted_log_records_total': 4 }),
    },
    says: 'more lines were read than there are',
  },
  {
    when: 'the queue does not become shorter',
    found: { queue: true, metrics: (usual) => ({ ...usual, 'otlp_http exporter_queue_size': 7 }) },
    says: "no progress for 30 s: 7 batches of the sidecar's queue are left",
  },
  {
    when: 'the collector says nothing of its queue',
    found: {
      queue: true,
      metrics: ({ 'otlp_http exporter_queue_size': _, ...others }) => others,
    },
    says: 'no progress for 30 s: the collector does not answer',
  },
  {
    when: 'the collector does not answer and does not hang up',
    found: { files: { [one]: THREE_LINES }, metrics: () => 'hangs' },
    says: 'no progress for 30 s: the collector does not answer',
  },
  {
    when: 'the collector says that the queue is empty, and breaks off',
    found: { queue: true, metrics: () => 'breaks off' },
    says: 'no progress for 30 s: the collector does not answer',
  },
  {
    when: 'the collector says that the queue is empty, and ends before what it gave up',
    found: { queue: true, metrics: () => 'ends early' },
    says: 'no progress for 30 s: the collector does not answer',
  },
  {
    when: 'the collector is started again',
    found: {
      queue: true,
      metrics: (usual, look) => ({ ...usual, 'otlp_http exporter_queue_size': look < 3 ? 1 : 0 }),
      starts: (look) => (look < 2 ? 1 : 2),
    },
    says: 'the collector was started again',
  },
];

const PATIENCE_MS = 60_000;

describe('the Job succeeds when', () => {
  test.each(DRAINED)(
    '$when',
    async ({ found, says, again = [] }) => {
      const ended = await stage.drain(found);
      expect(ended).toEqual({ code: 0, said: expect.stringContaining(says), again });
    },
    PATIENCE_MS,
  );
});

describe('the Job fails and says so when', () => {
  test.each(FAILED)(
    '$when',
    async ({ found, says, again = [] }) => {
      const ended = await stage.drain(found);
      expect(ended).toMatchObject({ code: 1, said: expect.stringContaining(says), again });
    },
    PATIENCE_MS,
  );
});
