import { describe, expect, test } from '@jest/globals';
import { percentile, summarize, together } from '../../../bench/statistics.ts';

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

describe('a percentile is the smallest value that so many do not exceed', () => {
  const cases: Record<string, { of: number[]; share: number; is: number }> = {
    'half of a hundred': { of: hundred, share: 0.5, is: 50 },
    'nearly all of a hundred': { of: hundred, share: 0.99, is: 99 },
    'all of a hundred': { of: hundred, share: 1, is: 100 },
    'the only one': { of: [7], share: 0.99, is: 7 },
    'of nothing there is none': { of: [], share: 0.5, is: NaN },
  };
  test.each(Object.entries(cases))('%s', (_, { of, share, is }) => {
    expect(percentile(of, share)).toBe(is);
  });
});

test('a summary has latencies of the sorted, and the rate and CPU of all', () => {
  expect(summarize({ ms: [3, 1, 2, 4], wallMs: 2000, cpuMs: 8 })).toEqual({
    p50: 2,
    p95: 4,
    p99: 4,
    max: 4,
    perSecond: 2,
    cpu: 2,
  });
});

test('the CPU of parts of which one was not counted is not known', () => {
  const one = { ms: [1], wallMs: 10, cpuMs: 5 };
  expect(together([one, one])).toEqual({ ms: [1, 1], wallMs: 20, cpuMs: 10 });
  expect(together([one, { ms: [2], wallMs: 10 }])).toEqual({ ms: [1, 2], wallMs: 20 });
});
