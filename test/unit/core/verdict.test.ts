import { describe, expect, test } from '@jest/globals';
import { mergeVerdicts, problemText, type Verdict } from '../../../src/core/verdict.ts';

const says = (problems: Record<string, string>, ...warnings: string[]): Verdict => ({
  problems: Object.entries(problems).map(([field, message]) => ({ field, message })),
  warnings,
});

describe('of several verdicts', () => {
  const cases: Record<string, { verdicts: Verdict[]; is: Verdict }> = {
    'none is no fault': { verdicts: [], is: says({}) },
    'all faults stand, in their order': {
      verdicts: [says({ b: '1' }), says({ a: '2' })],
      is: says({ b: '1', a: '2' }),
    },
    'the first one is heard on a field': {
      verdicts: [says({ a: 'ours' }), says({ a: 'theirs', b: 'more' })],
      is: says({ a: 'ours', b: 'more' }),
    },
    'a warning stands once': {
      verdicts: [says({}, 'w', 'v'), says({}, 'w')],
      is: says({}, 'w', 'v'),
    },
  };
  test.each(Object.entries(cases))('%s', (_, { verdicts, is }) => {
    expect(mergeVerdicts(...verdicts)).toEqual(is);
  });

  test('one may say several things of a field, but nothing twice', () => {
    const a = { field: 'a', message: '1' };
    const b = { field: 'a', message: '2' };
    const verdict = { problems: [a, b, a], warnings: [] };
    expect(mergeVerdicts(verdict).problems).toEqual([a, b]);
  });
});

test('the text has each field with its fault', () => {
  expect(problemText(says({ a: '1', b: '2' }).problems)).toBe('a: 1; b: 2');
});
