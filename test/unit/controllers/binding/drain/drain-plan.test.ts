import { describe, expect, test } from '@jest/globals';
import type { DrainObservation } from '../../../../../controllers/binding/drain/drain-plan.ts';
import { drainBackoffMs } from '../../../../../controllers/binding/drain/attempts.ts';
import { at, make } from '../../../../support/make.ts';
import { deeds } from '../../../../support/said.ts';
import { binding, running, ended, next, failedStatus, plan } from '../../../../support/draining.ts';

describe('without a Job', () => {
  interface Case extends Partial<DrainObservation> {
    writes: string[];
    again?: number;
  }
  const cases: Record<string, Case> = {
    'one is made': { next, writes: ['create Job'] },
    'none is made while Pods of a former one are unfinished, which is said': {
      next: { outcome: 'busy', pods: [{ name: 'a', node: 'node-1' }] },
      writes: ['patch FluentPVCBinding status'],
      again: 30_000,
    },
    'none is made where there is one that the cache does not show': {
      next: { outcome: 'present', job: running },
      writes: ['patch FluentPVCBinding status'],
      again: 30_000,
    },
    'none is made where one that the cache does not show is on its way out': {
      next: { outcome: 'present', job: make.job({ metadata: { deletionTimestamp: at(90) } }) },
      writes: [],
      again: 30_000,
    },
    'none is made where one that the cache does not show has failed': {
      binding: binding(failedStatus(110)),
      next: { outcome: 'present', job: make.job({ ...ended('Failed') }) },
      writes: [],
      again: 10_000,
    },
    'none is made where the binding changed meanwhile': { writes: [] },
    'none is made before the next attempt is due': {
      binding: binding(failedStatus(160)),
      next,
      writes: ['patch FluentPVCBinding status'],
      again: 60_000,
    },
    'one is made when the next attempt is due': {
      binding: binding(failedStatus(100)),
      next,
      writes: ['create Job'],
    },
    'one is made at once when somebody asks for it': {
      binding: binding({ ...failedStatus(160), observedRetry: '1' }, '2'),
      next,
      writes: ['create Job'],
    },
    'the time of an attempt that is over does not count': {
      binding: binding({ nextAttemptTime: at(160) }),
      next,
      writes: ['create Job'],
    },
    'an old wish does not count again': {
      binding: binding({ ...failedStatus(160), observedRetry: '2' }, '2'),
      next,
      writes: ['patch FluentPVCBinding status'],
      again: 60_000,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { writes, again, ...change }) => {
    const decided = plan(change);
    expect(deeds(decided.writes)).toEqual(writes);
    expect(decided.requeueAfterMs).toBe(again);
  });
  test('the Job is the one that was built', () => {
    expect(plan({ next }).writes).toEqual([{ verb: 'create', object: next.job, ifNotMoot: true }]);
  });
});

test('attempts are 10 s apart at first, and half an hour at last', () => {
  const waits = [1, 2, 3, 8, 9, 100, 1_000].map((attempts) => drainBackoffMs(attempts) / 1000);
  expect(waits).toEqual([10, 20, 40, 1_280, 1_800, 1_800, 1_800]);
});
