import { describe, expect, test } from '@jest/globals';
import { atLeastMs, backoffMs } from '../../../src/kube/backoff.ts';

describe('the wait', () => {
  const cases: Record<string, { failures: number; random: number; ms: number }> = {
    'begins with the first': { failures: 1, random: 0, ms: 100 },
    doubles: { failures: 2, random: 0, ms: 200 },
    'doubles again': { failures: 4, random: 0, ms: 800 },
    'stays at the limit': { failures: 8, random: 0, ms: 10_000 },
    'stays at the limit after a thousand failures': { failures: 1000, random: 0, ms: 10_000 },
    'is the first one also before any failure': { failures: 0, random: 0, ms: 100 },
    'is at most 20 % longer': { failures: 1, random: 1, ms: 120 },
    'is longer at random, also at the limit': { failures: 100, random: 0.5, ms: 11_000 },
  };
  test.each(Object.entries(cases))('%s', (_, { failures, random, ms }) => {
    expect(backoffMs(failures, { firstMs: 100, limitMs: 10_000, random: () => random })).toBe(ms);
  });

  test('differs from caller to caller', () => {
    const waits = Array.from({ length: 20 }, () => backoffMs(1, { firstMs: 100, limitMs: 1000 }));
    expect(new Set(waits).size).toBeGreaterThan(1);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(120);
  });
});

test('a wait that is asked for is kept, and at most 20 % longer', () => {
  expect([0, 1].map((random) => atLeastMs(7_000, () => random))).toEqual([7_000, 8_400]);
});
