import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followFolder } from '../../../webhook/certificate-folder.ts';
import { loadCertificate, makeCertificate, type KeyPair } from '../../../webhook/certificate.ts';
import {
  createServedCertificate,
  type ServedCertificate,
} from '../../../webhook/served-certificate.ts';
import { silentLog } from '../../../src/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Letters } from '../../support/certifying.ts';
import { memoryLog, type MemoryLog } from '../../support/memory-log.ts';

const LOOK_MS = 10_000;
let folder: string;
let clock: FakeClock;
let log: MemoryLog;
let served: ServedCertificate;
let stop: AbortController;
let letters: Letters;
let swaps: number;

/** As kubelet brings a Secret: a folder of its own, to which a link is swapped in one go. */
function swap(files: Partial<Record<'tls.crt' | 'tls.key', string>>): void {
  swaps += 1;
  mkdirSync(join(folder, `..${swaps}`));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, `..${swaps}`, name), text);
  symlinkSync(`..${swaps}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}
const files = ({ cert, key }: KeyPair): Parameters<typeof swap>[0] => ({
  'tls.crt': cert,
  'tls.key': key,
});
const servedLetter = (): string => letters.name(served.current?.cert ?? '');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  clock = new FakeClock();
  log = memoryLog();
  letters = new Letters();
  await letters.make('AB', clock.now());
  swaps = 0;
  swap(files(letters.of('A')));
  for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(folder, name));
  served = createServedCertificate(silentLog);
  served.take(loadCertificate(folder));
  stop = new AbortController();
  void followFolder({ folder, served, clock, log }, stop.signal);
});
afterEach(() => {
  stop.abort();
  rmSync(folder, { recursive: true });
});

test('what takes the place of a certificate is served as soon as two looks saw it', async () => {
  swap(files(letters.of('B')));
  await clock.advance(LOOK_MS);
  expect(servedLetter()).toBe('A');
  await clock.advance(LOOK_MS);
  expect(servedLetter()).toBe('B');
  expect(log.lines).toEqual([]);
});

test('a look between two writes does no harm, and is not spoken of', async () => {
  swap({ 'tls.crt': letters.of('B').cert, 'tls.key': letters.of('A').key });
  await clock.advance(LOOK_MS);
  swap(files(letters.of('B')));
  await clock.advance(2 * LOOK_MS);
  expect(servedLetter()).toBe('B');
  expect(log.lines).toEqual([]);
});

describe('refused with one line, while the old one is served, is', () => {
  test.each<[string, () => Promise<Parameters<typeof swap>[0]>, RegExp]>([
    [
      'a certificate with the key of another',
      () => Promise.resolve({ ...files(letters.of('B')), 'tls.key': letters.of('A').key }),
      /no certificate with its key/,
    ],
    [
      'half a certificate',
      () =>
        Promise.resolve({
          ...files(letters.of('B')),
          'tls.crt': letters.of('B').cert.slice(0, 99),
        }),
      /no certificate with its key/,
    ],
    [
      'a certificate without key',
      () => Promise.resolve({ 'tls.crt': letters.of('B').cert }),
      /cannot read the certificate/,
    ],
    [
      'a certificate that has ended',
      async () => files(await makeCertificate(['x'], new Date(clock.now() - 60_000), 1000)),
      /has ended at 2025-12-31T23:59:01.000Z/,
    ],
  ])('%s', async (_, broken, why) => {
    swap(await broken());
    await clock.advance(10 * LOOK_MS);
    expect(servedLetter()).toBe('A');
    expect(log.at('error')).toEqual(['the certificate cannot be renewed; the old one is served']);
    expect(log.lines[0]?.fields.error).toMatch(why);
    swap(files(letters.of('B')));
    await clock.advance(2 * LOOK_MS);
    expect(servedLetter()).toBe('B');
  });
});

test('nothing is left to do when it is to stop', async () => {
  stop.abort();
  await clock.advance(LOOK_MS);
  expect(clock.pending).toBe(0);
});
