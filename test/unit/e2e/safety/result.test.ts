import { describe, expect, test } from '@jest/globals';
import { accountOf } from '../../../../e2e/safety/account.ts';
import { figuresOf, type Measured, troublesOf } from '../../../../e2e/safety/result.ts';

const written = { lines: ['a 1 .', 'a 2 .'], rest: '' };

describe('a claim that was released without a finalizer Job', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      'is a trouble although the sidecar has shipped all',
      written.lines,
      ['its claim was released without a drain, and its Pod had written 2 lines'],
    ],
    [
      'is a trouble although the volume was empty: that is drained, too',
      [],
      ['its claim was released without a drain, and its Pod had written 0 lines'],
    ],
  ])('%s', (_sentence, lines, expected) => {
    expect(troublesOf(accountOf({ lines, rest: '' }, lines), 'without')).toEqual(expected);
  });

  test('is told beside what was lost', () => {
    expect(troublesOf(accountOf(written, ['a 1 .']), 'without')).toHaveLength(2);
  });
});

describe('the figures of a run', () => {
  const none = 'not measured';
  const account = accountOf(written, ['a 1 .', 'a 1 .', 'a 2 .']);
  test.each<[string, Parameters<typeof figuresOf>[0], Record<string, Measured>]>([
    [
      'are numbers where all was measured',
      { account, shipped: 1, keepsEveryDelivery: true },
      { lines: 2, received: 3, lost: 0, duplicated: 1, strange: 0, left: 1 },
    ],
    [
      'do not say what was left where the backend could not be asked in time',
      { account, shipped: undefined, keepsEveryDelivery: true },
      { left: none, lost: 0 },
    ],
    [
      'do not say what came twice where the backend keeps one of two',
      { account, shipped: 1, keepsEveryDelivery: false },
      { duplicated: none, lost: 0 },
    ],
    [
      'say nothing of a run without account',
      { account: undefined, shipped: 1, keepsEveryDelivery: true },
      { lines: none, received: none, lost: none, duplicated: none, strange: none, left: none },
    ],
  ])('%s', (_sentence, known, expected) => {
    expect(figuresOf(known)).toMatchObject(expected);
  });
});
