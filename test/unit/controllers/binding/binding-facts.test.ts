import { describe, expect, test } from '@jest/globals';
import {
  stageOf,
  statusWrite,
  untilMs,
  type Stage,
} from '../../../../controllers/binding/binding-facts.ts';
import type { BindingConditionType, BindingPhase } from '../../../../src/api/binding.ts';
import type { Condition } from '../../../../src/api/condition.ts';
import { at, make, NAME, T0 } from '../../../support/make.ts';

const having = (...types: BindingConditionType[]) =>
  make.binding({ status: { conditions: types.map((type) => make.condition(type)) } });

describe('the stage', () => {
  const cases: Record<string, { types: BindingConditionType[]; stage: Stage }> = {
    'of a new binding': { types: [], stage: 'inUse' },
    'of one that is Ready': { types: ['Ready', 'WriterMayBeAlive'], stage: 'inUse' },
    'of one whose Pod is over': { types: ['Ready', 'OutOfUse'], stage: 'draining' },
    'of one whose Job failed': { types: ['OutOfUse', 'FinalizerJobFailed'], stage: 'draining' },
    'of one that cannot go on': { types: ['OutOfUse', 'Unknown'], stage: 'draining' },
    'of one that is drained': {
      types: ['OutOfUse', 'FinalizerJobSucceeded', 'Unknown'],
      stage: 'releasing',
    },
    'of one that had no Pod': { types: ['PodMissing'], stage: 'releasing' },
  };
  test.each(Object.entries(cases))('%s', (_, { types, stage }) => {
    expect(stageOf(having(...types))).toBe(stage);
  });
  test('is told by conditions that are True only', () => {
    const conditions = [
      make.condition('OutOfUse'),
      make.condition('FinalizerJobSucceeded', { status: 'False' }),
    ];
    expect(stageOf(make.binding({ status: { conditions } }))).toBe('draining');
  });
  test('is told by conditions, not by the phase', () => {
    expect(stageOf(make.binding({ status: { phase: 'FinalizerJobSucceeded' } }))).toBe('inUse');
  });
});

describe('the phase', () => {
  const cases: [BindingConditionType[], BindingPhase][] = [
    [['Ready'], 'Ready'],
    [['WriterMayBeAlive'], 'Pending'],
    [['Ready', 'OutOfUse'], 'OutOfUse'],
    [['OutOfUse', 'FinalizerJobApplied'], 'FinalizerJobApplied'],
    [['FinalizerJobApplied', 'FinalizerJobFailed'], 'FinalizerJobFailed'],
    [['FinalizerJobFailed', 'FinalizerJobSucceeded'], 'FinalizerJobSucceeded'],
    [['FinalizerJobApplied', 'Unknown'], 'Unknown'],
    [['PodMissing'], 'PodMissing'],
  ];
  test.each(cases)('of %s is %s', (types, phase) => {
    const write = statusWrite(having(...types), T0, [], { attempts: 1 });
    expect(write?.body).toMatchObject({ status: { phase } });
  });
});

describe('a status write', () => {
  const ready = { type: 'Ready', status: 'True', reason: 'R', message: 'M.' } as const;
  test('holds for the version that was looked at, and says only what changed', () => {
    const binding = make.binding({
      metadata: { generation: 4 },
      status: { phase: 'Pending', nodeName: 'node-1', attempts: 2 },
    });
    expect(statusWrite(binding, T0, [ready], { nodeName: 'node-1', attempts: 3 })).toEqual({
      verb: 'patch',
      ref: { kind: 'FluentPVCBinding', namespace: 'shop', name: NAME },
      type: 'merge',
      subresource: 'status',
      body: {
        metadata: { resourceVersion: '500' },
        status: {
          phase: 'Ready',
          attempts: 3,
          conditions: [{ ...ready, lastTransitionTime: at(0), observedGeneration: 4 }],
        },
      },
    });
  });
  const settled = make.binding({
    status: {
      phase: 'Ready',
      nodeName: 'n',
      conditions: [{ ...ready, lastTransitionTime: at(0) }],
    },
  });
  test('is none where all is said', () => {
    expect(statusWrite(settled, T0 + 5_000, [ready], { nodeName: 'n' })).toBeUndefined();
  });
  test('is none for a field that is taken away and was not there', () => {
    expect(statusWrite(settled, T0, [ready], { nextAttemptTime: null })).toBeUndefined();
  });
  test('takes a field away that was there', () => {
    expect(statusWrite(settled, T0, [], { nodeName: null })?.body).toMatchObject({
      status: { nodeName: null },
    });
  });
  test('keeps the other conditions', () => {
    const other = { ...ready, type: 'OutOfUse' } as const;
    const { status } = statusWrite(settled, T0, [other])?.body as {
      status: { conditions: Condition[] };
    };
    expect(status.conditions.map(({ type }) => type)).toEqual(['Ready', 'OutOfUse']);
  });
});

test('untilMs is never negative, and 0 without a time', () => {
  expect([untilMs(at(5), T0), untilMs(at(-5), T0), untilMs(undefined, T0)]).toEqual([5_000, 0, 0]);
});
