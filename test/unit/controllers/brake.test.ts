import { describe, expect, test } from '@jest/globals';
import { isBraked, PACE_MS, turn, type TurnObservation } from '../../../controllers/brake.ts';
import { T0 } from '../../support/make.ts';

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

describe('a Pod whose sidecar failed', () => {
  const braked: TurnObservation = {
    now: T0,
    failed: 6,
    pods: 10,
    brakedSince: T0 - 10 * PACE_MS,
    deletedAt: -Infinity,
    asking: false,
    ahead: 0,
  };
  const waits = (ms: number) => ({ kind: 'wait', ms, failed: 6, pods: 10 });
  const cases: Record<string, { change: Partial<TurnObservation>; turn: unknown }> = {
    'goes at once where the brake is off': {
      change: { brakedSince: undefined, deletedAt: T0, asking: true, ahead: 9 },
      turn: { kind: 'now' },
    },
    'waits a minute from when the brake goes on': {
      change: { brakedSince: T0 },
      turn: waits(60_000),
    },
    'goes a minute after the brake went on': {
      change: { brakedSince: T0 - 60_000 },
      turn: { kind: 'now' },
    },
    'waits until a minute after the last deletion': {
      change: { deletedAt: T0 - 15_000 },
      turn: waits(45_000),
    },
    'goes a minute after the last deletion, whoever is before it': {
      change: { deletedAt: T0 - 60_000, ahead: 3 },
      turn: { kind: 'now' },
    },
    'waits a minute more for each one before it': {
      change: { deletedAt: T0 - 15_000, ahead: 3 },
      turn: waits(225_000),
    },
    'waits while the API server is asked to delete another one': {
      change: { asking: true },
      turn: waits(60_000),
    },
  };
  test.each(Object.entries(cases))('%s', (_, { change, turn: expected }) => {
    expect(turn({ ...braked, ...change })).toEqual(expected);
  });
});
