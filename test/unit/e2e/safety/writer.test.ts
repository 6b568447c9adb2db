import { describe, expect, test } from '@jest/globals';
import type { Writing } from '../../../../e2e/safety/plan.ts';
import { secondsOfWriting, writerPod } from '../../../../e2e/safety/writer.ts';
import { labels } from '../../../../src/api/names.ts';
import type { Container } from '../../../../src/api/pod.ts';

const writing: Writing = {
  lines: 20,
  linesAtOnce: 2,
  padding: [0, 400],
  onTerm: 'writes on',
  gracePeriodSeconds: 3,
  restartPolicy: 'OnFailure',
};
const template = { fluentPVC: 'logs', path: '$LOG_FILE', user: 10_001 };

function scriptOf(change: Partial<Writing>): string {
  const { spec } = writerPod('a', { ...writing, ...change }, template);
  const [container] = spec.containers as [Container & { command: string[] }];
  return container.command[2] ?? '';
}

describe('the Pod of a run', () => {
  const pod = writerPod('a', writing, template);

  test('asks for the FluentPVC, and ends as planned', () => {
    expect(pod.metadata).toMatchObject({ namespace: 'a', labels: { [labels.fluentPVC]: 'logs' } });
    expect(pod.spec).toMatchObject({
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 3,
    });
  });

  test('runs as whom the shipper can read', () => {
    expect(pod.spec.securityContext).toEqual({ runAsUser: 10_001, fsGroup: 10_001 });
  });

  test('knows what to write, and how', () => {
    expect(pod.spec.containers[0]?.env).toEqual([
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
      { name: 'LINES_IN_ALL', value: '20' },
      { name: 'AT_ONCE', value: '2' },
      { name: 'PADDING', value: '0 400' },
      { name: 'ON_TERM', value: 'writes on' },
    ]);
  });

  test('writes where the shipper looks, and holds the file open from before its gate', () => {
    const script = scriptOf({});
    expect(script).toMatch(/^FILE="\$LOG_FILE"\n/);
    expect(script).toMatch(/exec 3>>"\$FILE"[^]*until \[ -e [^]*>&3/);
  });

  test('makes no file where the volume is to stay empty', () => {
    expect(scriptOf({ lines: 0 })).toBe('exit 0');
  });
});

describe('the time of the writing', () => {
  const at = (time: string): string => `2026-11-26T10:00:${time}Z uid 1 xx.`;
  test.each<[string, readonly string[], number]>([
    ['is from the first line to the last', [at('07'), at('08'), at('09')], 2],
    ['is nothing where there is one line', [at('07')], 0],
    ['is nothing where there is none', [], 0],
  ])('%s', (_sentence, lines, expected) => {
    expect(secondsOfWriting(lines)).toBe(expected);
  });
});
