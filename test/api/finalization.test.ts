import { describe, expect, test } from '@jest/globals';
import { getCondition, isTrue } from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, DRAINED, finalizers, labels } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { endJob, finishedPod, gone, jobFor, ref } from './cycle.ts';
import { openUser } from './guarding.ts';
import { bindingWhere, claimOf, openApiWithOperator, type Api } from './harness.ts';
import { annotate, remove, removeByForce } from './requests.ts';

/* What `finalization` of a FluentPVC says. */

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC('limited', { finalization: { attempts: 1 } }));
  await api.client.create(fluentPVC('retaining', { finalization: { onSuccess: 'Retain' } }));
});

/** Another Job than that one. */
function jobAfter(former: Stored<Job>): Promise<Stored<Job>> {
  return eventually('another Job', async () => {
    const found = await api.client.get<Job>(ref(api, 'Job', former.metadata.name));
    return found !== undefined && found.metadata.uid !== former.metadata.uid ? found : undefined;
  });
}

/** Waits until that many attempts have failed, and the last of them is said to be that. */
async function exhausted(binding: string, attempts: number): Promise<void> {
  const { status } = await bindingWhere(
    api,
    binding,
    'its attempts',
    ({ status }) =>
      status?.attempts === attempts && isTrue(status.conditions, 'FinalizerJobFailed'),
  );
  expect(status).toMatchObject({ phase: 'FinalizerJobFailed' });
  expect(status).not.toHaveProperty('nextAttemptTime');
  expect(getCondition(status?.conditions, 'FinalizerJobFailed')?.reason).toBe('AttemptsExhausted');
}

describe('a claim whose finalizer Job has failed for the last time', () => {
  test('is drained again only by hand, once each time, and that is told', async () => {
    const { binding, job } = await finishedPod(api, 'limited');
    await endJob(api, job, 'Failed');
    await exhausted(binding, 1);
    const events = await eventually('the Event', async () => {
      const { items } = await api.client.list<KubeObject & { note?: string }>('Event', {
        namespace: api.namespace,
        fieldSelector: 'reason=AttemptsExhausted',
      });
      return items.length > 0 ? items : undefined;
    });
    expect(events).toHaveLength(1);
    expect(events[0]?.note).toContain('the last of 1 attempts');

    // Somebody clears up: that makes no other one.
    await remove(api, ref(api, 'Job', binding));
    await eventually('it to go', async () => {
      return (await api.client.get(ref(api, 'Job', binding))) === undefined;
    });
    await bindingWhere(
      api,
      binding,
      'the Job to be missed',
      ({ status }) =>
        getCondition(status?.conditions, 'FinalizerJobApplied')?.reason === 'FinalizerJobGone',
    );
    expect(await api.client.get(ref(api, 'Job', binding))).toBeUndefined();

    await api.kubectl('annotate', 'fpvcb', binding, `${annotations.retry}=1`);
    const second = await jobFor(api, binding);
    await bindingWhere(
      api,
      binding,
      'the second Job',
      ({ status }) => status?.jobUID === second.metadata.uid,
    );
    await endJob(api, second, 'Failed');
    await exhausted(binding, 2);

    await api.kubectl('annotate', '--overwrite', 'fpvcb', binding, `${annotations.retry}=2`);
    await endJob(api, await jobAfter(second), 'Complete');
    await gone(api, binding);
  });
});

describe('a claim that is to be retained', () => {
  test('stays when it is drained, without us, and people may delete it', async () => {
    const user = await openUser(api);
    const { pod, binding, job } = await finishedPod(api, 'retaining');
    await endJob(api, job, 'Complete');
    await gone(api, binding);
    const claim = await claimOf(api, binding);
    expect(claim?.metadata).not.toHaveProperty('deletionTimestamp');
    expect(claim?.metadata.finalizers).not.toContain(finalizers.claim);
    expect(claim?.metadata.labels).toMatchObject({ [labels.state]: DRAINED });
    await eventually(
      'the Job to go',
      async () => (await api.client.get(ref(api, 'Job', binding))) === undefined,
    );
    await user.kubectl('delete', 'pvc', binding, '--wait=false');
    await removeByForce(api, pod);
    await eventually('the claim to go', async () => (await claimOf(api, binding)) === undefined);
  });

  test('does not keep its FluentPVC', async () => {
    await api.client.create(fluentPVC('leaving-claims', { finalization: { onSuccess: 'Retain' } }));
    const { binding, job } = await finishedPod(api, 'leaving-claims');
    await endJob(api, job, 'Complete');
    await gone(api, binding);
    const leaving = ref(api, 'FluentPVC', 'leaving-claims');
    await remove(api, leaving);
    await eventually('it to go', async () => (await api.client.get(leaving)) === undefined);
    expect(await claimOf(api, binding)).toBeDefined();
  });

  test('goes where somebody gives its data up', async () => {
    const { pod, binding, job } = await finishedPod(api, 'retaining');
    await endJob(api, job, 'Failed');
    const uid = (await claimOf(api, binding))?.metadata.uid ?? '';
    await annotate(api, ref(api, 'FluentPVCBinding', binding), { [annotations.release]: uid });
    await gone(api, binding);
    await removeByForce(api, pod);
    await eventually('the claim to go', async () => (await claimOf(api, binding)) === undefined);
  });
});
