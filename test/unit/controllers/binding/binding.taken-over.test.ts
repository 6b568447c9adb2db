import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../../../src/api/names.ts';
import type { KubeObject, Stored } from '../../../../src/api/object.ts';
import type { Pod } from '../../../../src/api/pod.ts';
import { jobPod, outOfUse, setup, snapshot, type Setup } from '../../../support/deciding.ts';
import { at, make, NAME } from '../../../support/make.ts';
import { deeds, message, said } from '../../../support/said.ts';

const marks = { [annotations.admissionId]: 'claim-uid', [annotations.takenOver]: at(60) };
const claims = [make.claim({ metadata: { annotations: marks } })];
const takenOverJob = make.job({ metadata: { annotations: marks } });
/** The Job controller labels it; nobody else does. */
const bareJobPod = (status: Pod['status']): Stored<Pod> => {
  const pod = jobPod('former');
  const labels = { 'batch.kubernetes.io/job-name': NAME };
  return { ...pod, metadata: { ...pod.metadata, labels }, ...(status ? { status } : {}) };
};

/** A binding of the original operator, taken over while its claim is drained. */
function drained(
  content: Parameters<typeof setup>[1] = {},
  live: KubeObject[] = [],
  status = outOfUse,
): Setup {
  return setup(status, { claims, ...content }, live, { snapshot }, { annotations: marks });
}

describe('the finalizer Job of the original', () => {
  test('is followed; of its Pods, which carry no label of ours, none is missed', async () => {
    const { decide, clock, asked } = drained({ jobs: [takenOverJob] });
    await clock.advance(600_000);
    const plan = await decide();
    expect(said(plan)).toMatchObject({ phase: 'FinalizerJobApplied' });
    expect(said(plan)).not.toHaveProperty('DrainStalled');
    expect(plan.requeueAfterMs).toBeUndefined();
    expect(asked()).toEqual([]);
  });
  test('that is ours after all is missed its Pods', async () => {
    const { decide, clock } = drained({ jobs: [make.job()] });
    await clock.advance(600_000);
    expect(said(await decide())).toMatchObject({ DrainStalled: 'True NoPodRuns' });
  });
  test('that failed is told with the last words of its Pod', async () => {
    const failed = {
      ...takenOverJob,
      status: { conditions: [{ type: 'Failed', status: 'True' }] },
    };
    const containerStatuses = [{ name: 'drain', state: make.terminated(3, 60) }];
    const { decide } = drained({ jobs: [failed] }, [
      bareJobPod({ phase: 'Failed', containerStatuses }),
    ]);
    expect(message(await decide(), 'FinalizerJobFailed')).toContain('exited with 3');
  });
  test('that failed before us is told anew, and the next one is due as after any failure', async () => {
    const failed = {
      ...takenOverJob,
      status: { conditions: [{ type: 'Failed', status: 'True' }] },
    };
    const conditions = ['OutOfUse', 'FinalizerJobApplied', 'FinalizerJobFailed'];
    const status = { conditions: conditions.map((type) => make.condition(type)) };
    const { decide } = drained({ jobs: [failed] }, [], status);
    expect(said(await decide())).toMatchObject({ attempts: 1, nextAttemptTime: at(10) });
  });
});

describe('where that Job is gone', () => {
  test('the next one waits for its Pods', async () => {
    const { decide } = drained({}, [bareJobPod({ phase: 'Running' })]);
    const plan = await decide();
    expect(deeds(plan.writes)).toEqual(['patch FluentPVCBinding status']);
    expect(message(plan, 'DrainStalled')).toContain('"former" (node "node-1")');
  });
  test('the next one is made when they have ended', async () => {
    const { decide } = drained({}, [bareJobPod({ phase: 'Failed' })]);
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
  });
});
