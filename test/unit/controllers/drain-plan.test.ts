import { describe, expect, test } from '@jest/globals';
import { drainPlan, type DrainObservation, type NextJob } from '../../../controllers/drain-plan.ts';
import { drainBackoffMs } from '../../../controllers/drain-report.ts';
import type { BindingStatus } from '../../../src/api/binding.ts';
import type { JobStatus } from '../../../src/api/job.ts';
import { annotations } from '../../../src/api/names.ts';
import { at, make, NAME, T0 } from '../../support/make.ts';
import { deeds, message, said } from '../../support/said.ts';

const over = make.condition('OutOfUse');
const binding = (status: BindingStatus = {}, retry?: string): DrainObservation['binding'] => {
  const { metadata } = make.binding();
  return make.binding({
    metadata: {
      annotations: {
        ...metadata.annotations,
        ...(retry === undefined ? {} : { [annotations.retry]: retry }),
      },
    },
    status: { conditions: [over], ...status },
  });
};
const running = make.job();
const ended = (type: string): DrainObservation['job'] => {
  const condition: NonNullable<JobStatus['conditions']>[number] = {
    type,
    status: 'True',
    reason: 'BackoffLimitExceeded',
    message: 'too many failures',
  };
  return make.job({ status: { conditions: [condition] } });
};
const next: NextJob = { outcome: 'job', job: make.job() };
const failedStatus = (due: number): BindingStatus => ({
  phase: 'FinalizerJobFailed',
  attempts: 1,
  jobUID: 'job-uid',
  nextAttemptTime: at(due),
  conditions: [over, make.condition('FinalizerJobApplied'), make.condition('FinalizerJobFailed')],
});
const unknownStatus: BindingStatus = {
  phase: 'Unknown',
  conditions: [over, make.condition('Unknown', { reason: 'MountPathTaken' })],
};

function plan(change: Partial<DrainObservation>): ReturnType<typeof drainPlan> {
  return drainPlan({
    now: T0 + 100_000,
    binding: binding(),
    claim: make.claim(),
    job: undefined,
    jobPodEnd: undefined,
    next: undefined,
    ...change,
  });
}

describe('without a Job', () => {
  interface Case extends Partial<DrainObservation> {
    writes: string[];
    again?: number;
  }
  const cases: Record<string, Case> = {
    'one is made': { next, writes: ['create Job'] },
    'none is made while Pods of a former one are unfinished': {
      next: { outcome: 'busy', pods: ['a'] },
      writes: [],
      again: 30_000,
    },
    'none is made where the binding changed meanwhile': { writes: [] },
    'none is made before the next attempt is due': {
      binding: binding(failedStatus(160)),
      next,
      writes: [],
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
    'an old wish does not count again': {
      binding: binding({ ...failedStatus(160), observedRetry: '2' }, '2'),
      next,
      writes: [],
      again: 60_000,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { writes, again, ...change }) => {
    const decided = plan(change);
    expect(deeds(decided.writes)).toEqual(writes);
    expect(decided.requeueAfterMs).toBe(again);
  });
  test('the Job is the one that was built', () => {
    expect(plan({ next }).writes).toEqual([{ verb: 'create', object: next.job }]);
  });
  test('and with none that could be made, that is said, once', () => {
    const impossible = { outcome: 'impossible', reason: 'MountPathTaken', message: 'No.' } as const;
    const decided = plan({ next: impossible });
    expect(said(decided)).toMatchObject({ phase: 'Unknown', Unknown: 'True MountPathTaken' });
    const again = binding({
      phase: 'Unknown',
      conditions: [over, make.condition('Unknown', { reason: 'MountPathTaken', message: 'No.' })],
    });
    expect(plan({ next: impossible, binding: again }).writes).toEqual([]);
  });
});

describe('with a Job', () => {
  test('that runs it is FinalizerJobApplied, of that Job', () => {
    expect(said(plan({ job: running }))).toEqual({
      phase: 'FinalizerJobApplied',
      jobUID: 'job-uid',
      OutOfUse: 'True Test',
      FinalizerJobApplied: 'True FinalizerJobFound',
    });
  });
  test('that runs, what failed before is over', () => {
    const before = binding({ ...failedStatus(50), jobUID: 'former' });
    expect(said(plan({ job: running, binding: before }))).toMatchObject({
      phase: 'FinalizerJobApplied',
      FinalizerJobFailed: 'False FinalizerJobFound',
      nextAttemptTime: null,
      jobUID: 'job-uid',
    });
  });
  test('that runs, what could not go on does', () => {
    expect(said(plan({ job: running, binding: binding(unknownStatus) }))).toMatchObject({
      phase: 'FinalizerJobApplied',
      Unknown: 'False FinalizerJobFound',
    });
  });
  test('that runs and is recorded costs nothing', () => {
    const text = `Job "${NAME}" drains PVC "${NAME}".`;
    const applied = make.condition('FinalizerJobApplied', {
      reason: 'FinalizerJobFound',
      message: text,
    });
    const recorded = binding({
      phase: 'FinalizerJobApplied',
      jobUID: 'job-uid',
      conditions: [over, applied],
    });
    expect(plan({ job: running, binding: recorded }).writes).toEqual([]);
  });
  test('the wish that it was made for is kept, and one that comes while it runs is not lost', () => {
    expect(said(plan({ job: running, binding: binding({}, '1') }))).toMatchObject({
      observedRetry: '1',
    });
    const later = binding({ jobUID: 'job-uid', observedRetry: '1' }, '2');
    expect(said(plan({ job: running, binding: later })) ?? {}).not.toHaveProperty('observedRetry');
  });
  test('that is being deleted it waits', () => {
    const deleted = make.job({ metadata: { deletionTimestamp: at(90) } });
    expect(plan({ job: deleted }).writes).toEqual([]);
  });

  describe('that failed', () => {
    const decided = plan({
      job: ended('Failed'),
      binding: binding({ attempts: 2, jobUID: 'job-uid' }),
      jobPodEnd: 'Container "drain" exited with 1.',
    });
    test('it is said why, how often, and when the next one is due', () => {
      expect(said(decided)).toMatchObject({
        phase: 'FinalizerJobFailed',
        FinalizerJobFailed: 'True FinalizerJobFailed',
        attempts: 3,
        nextAttemptTime: at(140),
      });
      const text = message(decided, 'FinalizerJobFailed') ?? '';
      for (const part of [
        'BackoffLimitExceeded: too many failures',
        'Container "drain" exited with 1.',
        at(140),
        annotations.retry,
        'is kept',
      ])
        expect(text).toContain(part);
    });
    test('the first one is counted too, of a Job that was never seen to run', () => {
      expect(said(plan({ job: ended('Failed') }))).toMatchObject({
        attempts: 1,
        jobUID: 'job-uid',
        nextAttemptTime: at(110),
      });
    });
    test('another one after a recorded failure is a failure of its own', () => {
      const before = binding({ ...failedStatus(50), jobUID: 'former' });
      expect(said(plan({ job: ended('Failed'), binding: before }))).toMatchObject({ attempts: 2 });
    });
    test('it stays until the next attempt is due', () => {
      const waiting = plan({ job: ended('Failed'), binding: binding(failedStatus(160)) });
      expect(waiting).toMatchObject({ writes: [], requeueAfterMs: 60_000 });
    });
    const due = {
      'by its time': binding(failedStatus(100)),
      'by hand': binding(failedStatus(160), 'now'),
    };
    test.each(Object.entries(due))('it goes when the next is due %s, with its Pods', (_, of) => {
      expect(plan({ job: ended('Failed'), binding: of }).writes).toEqual([
        {
          verb: 'delete',
          ref: { kind: 'Job', namespace: 'shop', name: NAME },
          uid: 'job-uid',
          propagation: 'Foreground',
        },
      ]);
    });
  });

  describe('that succeeded, that is recorded', () => {
    const cases: Record<string, Partial<DrainObservation>> = {
      'of a plain one': {},
      'of one that was never seen to run, after one that failed': {
        binding: binding({ ...failedStatus(50), jobUID: 'former' }),
      },
      'and nothing is unknown any more': { binding: binding(unknownStatus) },
      'although the claim is being deleted meanwhile': {
        claim: make.claim({ metadata: { deletionTimestamp: at(90) } }),
      },
      'although the claim has lost its volume since': {
        claim: make.claim({ status: { phase: 'Lost' } }),
      },
      'although the claim is gone': { claim: undefined },
      'although it is being deleted': {
        job: {
          ...make.job(),
          ...ended('Complete'),
          metadata: make.job({ metadata: { deletionTimestamp: at(90) } }).metadata,
        },
      },
    };
    test.each(Object.entries(cases))('%s', (_, change) => {
      const decided = said(plan({ job: ended('Complete'), ...change }));
      expect(decided).toMatchObject({
        phase: 'FinalizerJobSucceeded',
        FinalizerJobSucceeded: 'True FinalizerJobSucceeded',
      });
      for (const type of ['FinalizerJobFailed', 'Unknown'])
        expect(decided?.[type] ?? 'False').toEqual(expect.stringMatching(/^False/));
    });
  });
});

describe('a claim that cannot be drained', () => {
  const other = { [annotations.admissionId]: 'another' };
  const cases: Record<string, { claim: DrainObservation['claim']; reason: string }> = {
    'is gone': { claim: undefined, reason: 'PVCLost' },
    'has lost its volume': { claim: make.claim({ status: { phase: 'Lost' } }), reason: 'PVCLost' },
    'is being deleted': {
      claim: make.claim({ metadata: { deletionTimestamp: at(90) } }),
      reason: 'PVCDeleted',
    },
    'is of another admission': {
      claim: make.claim({ metadata: { annotations: other } }),
      reason: 'PVCNotOurs',
    },
    'was made anew under the same name': {
      claim: make.claim({ metadata: { uid: 'another' } }),
      reason: 'PVCNotOurs',
    },
    'has lost its label': { claim: make.claim({ metadata: { labels: {} } }), reason: 'PVCNotOurs' },
  };
  test.each(Object.entries(cases))('%s', (_, { claim, reason }) => {
    for (const job of [undefined, running]) {
      const decided = plan({ claim, job, next });
      expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status']);
      expect(said(decided)).toMatchObject({ phase: 'Unknown', Unknown: `True ${reason}` });
      expect(message(decided, 'Unknown')).toContain(NAME);
    }
  });
  test('was never there, nor was the Pod: then there is nothing to drain', () => {
    const unseen = make.binding({
      spec: { pod: { name: 'app-0', uid: '' }, pvc: { name: NAME, uid: '' } },
      status: { conditions: [over] },
    });
    expect(said(plan({ claim: undefined, binding: unseen }))).toMatchObject({
      phase: 'PodMissing',
      PodMissing: 'True NothingCreated',
    });
  });
});

test('attempts are 10 s apart at first, and half an hour at last', () => {
  const waits = [1, 2, 3, 8, 9, 100, 1_000].map((attempts) => drainBackoffMs(attempts) / 1000);
  expect(waits).toEqual([10, 20, 40, 1_280, 1_800, 1_800, 1_800]);
});
