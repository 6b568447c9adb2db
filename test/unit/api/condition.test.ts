import { describe, expect, test } from '@jest/globals';
import { getCondition, isTrue, rfc3339, setCondition } from '../../../src/api/condition.ts';
import { at, make, T0 } from '../../support/make.ts';

const old = make.condition('Ready', { lastTransitionTime: at(0), observedGeneration: 1 });
const other = make.condition('OutOfUse');
const { lastTransitionTime: _time, observedGeneration: _generation, ...same } = old;
const later = { time: T0 + 60_000, generation: 1 };

describe('setCondition', () => {
  test('returns the very same array where nothing changed', () => {
    const conditions = [old, other];
    expect(setCondition(conditions, same, later)).toBe(conditions);
  });

  const changes = {
    'moves the time when the status changes': {
      change: { ...same, status: 'False' as const },
      generation: 1,
      moved: true,
    },
    'leaves the time when only the reason changes': {
      change: { ...same, reason: 'Other' },
      generation: 1,
      moved: false,
    },
    'leaves the time when only the message changes': {
      change: { ...same, message: 'Other.' },
      generation: 1,
      moved: false,
    },
    'leaves the time when it is said of another generation': {
      change: same,
      generation: 2,
      moved: false,
    },
  };
  test.each(Object.entries(changes))('%s', (_, { change, generation, moved }) => {
    const conditions = [old, other];
    const result = setCondition(conditions, change, { time: later.time, generation });
    expect(result).toEqual([
      { ...change, observedGeneration: generation, lastTransitionTime: moved ? at(60) : at(0) },
      other,
    ]);
    expect(conditions).toEqual([old, other]);
  });

  test('appends a condition that was never said, with its time', () => {
    expect(setCondition([other], same, later)).toEqual([
      other,
      { ...same, lastTransitionTime: at(60), observedGeneration: 1 },
    ]);
  });

  test('says no generation of an object that has none', () => {
    const [condition] = setCondition([], same, { time: T0, generation: undefined });
    expect(condition).toEqual({ ...same, lastTransitionTime: at(0) });
    expect(Object.keys(condition ?? {})).not.toContain('observedGeneration');
  });
});

test('getCondition finds by type and knows no conditions at all', () => {
  expect(getCondition([other, old], 'Ready')).toBe(old);
  expect(getCondition([other], 'Ready')).toBeUndefined();
  expect(getCondition(undefined, 'Ready')).toBeUndefined();
});

test('isTrue holds for True only', () => {
  const states = ['True', 'False', 'Unknown'] as const;
  const results = states.map((status) => isTrue([{ ...old, status }], 'Ready'));
  expect(results).toEqual([true, false, false]);
  expect(isTrue(undefined, 'Ready')).toBe(false);
});

test('times have whole seconds', () => {
  expect(rfc3339(T0 + 1_999)).toBe('2026-01-01T00:00:01Z');
});
