import { describe, expect, test } from '@jest/globals';
import type { DrainObservation } from '../../../../../controllers/binding/drain/drain-plan.ts';
import { annotations } from '../../../../../src/api/names.ts';
import { at, make, NAME } from '../../../../support/make.ts';
import { message, said } from '../../../../support/said.ts';
import {
  over,
  binding,
  running,
  ended,
  failedStatus,
  unknownStatus,
  plan,
} from '../../../../support/draining.ts';

describe('with a Job', () => {
  test('that runs it is FinalizerJobApplied, of that Job', () => {
    expect(said(plan({ job: running }))).toEqual({
      phase: 'FinalizerJobApplied',
      jobUID: 'job-uid',
      volumeName: 'pv-1',
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
      volumeName: 'pv-1',
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
    test('it is said in a condition that the API takes, with when the next one is due', () => {
      const long = ended('Failed', 'x'.repeat(32_768));
      const text = message(plan({ job: long }), 'FinalizerJobFailed');
      expect(text?.length).toBeLessThan(32_768);
      expect(text).toContain(at(110));
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
    test('a wish from before it was seen first does not start the next one', () => {
      const before = binding({}, '1');
      expect(said(plan({ job: ended('Failed'), binding: before }))).toMatchObject({
        observedRetry: '1',
        jobUID: 'job-uid',
      });
    });
    test('a wish that came while it ran is not noted, and so starts the next one', () => {
      const ran = binding({ jobUID: 'job-uid', observedRetry: '1' }, '2');
      expect(said(plan({ job: ended('Failed'), binding: ran }))).not.toHaveProperty(
        'observedRetry',
      );
    });
    test('what could not go on has gone on', () => {
      expect(said(plan({ job: ended('Failed'), binding: binding(unknownStatus) }))).toMatchObject({
        phase: 'FinalizerJobFailed',
        Unknown: expect.stringMatching(/^False/) as unknown,
      });
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
