import { describe, expect, test } from '@jest/globals';
import { isBraked, nextTurnAt, type Pace } from '../../../../controllers/pod/brake.ts';
import { T0 } from '../../../support/make.ts';

describe('the brake is', () => {
  const cases: [failed: number, pods: number, on: boolean][] = [
    [0, 0, false],
    [4, 4, false],
    [5, 5, true],
    [5, 10, true],
    [5, 11, false],
    [6, 11, true],
    [50, 101, false],
    [51, 101, true],
  ];
  test.each(cases)('with %d failed of %d Pods on: %s', (failed, pods, on) => {
    expect(isBraked({ failed, pods })).toBe(on);
  });
});

describe('with the brake on the next Pod may go', () => {
  const pace: Pace = { now: T0, brakedSince: T0 - 600_000, deletedAt: -Infinity, asking: false };
  const cases: Record<string, { change: Partial<Pace>; after: number }> = {
    'a minute after it went on': { change: { brakedSince: T0 }, after: 60_000 },
    'a minute after the last deletion': { change: { deletedAt: T0 - 15_000 }, after: 45_000 },
    'a minute after it went on, where the last deletion was before': {
      change: { brakedSince: T0 - 1_000, deletedAt: T0 - 15_000 },
      after: 59_000,
    },
    'not for a minute while the API server is asked to delete another one': {
      change: { asking: true },
      after: 60_000,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { change, after }) => {
    expect(nextTurnAt({ ...pace, ...change }) - T0).toBe(after);
  });
});
