import { describe, expect, test } from '@jest/globals';
import type { Binding, Snapshot } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isTrue } from '../../src/api/condition.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { PodStatus } from '../../src/api/pod.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { originalClaim, originalJob, originalPod } from '../support/original.ts';
import { shared } from '../support/shared.ts';
import { endJob, exited, gone, jobFor, ref, RUNNING, say, status } from './cycle.ts';
import {
  bindingWhere,
  claimOf,
  openApi,
  startOperator,
  type Api,
  type Operator,
} from './harness.ts';
import { applyOriginalDefinitions, leave, ownedBy, type Left } from './original.ts';

const FLUENTPVC = 'left';
/** Of an instance of its own: it has never led, and the namespace for dry runs is none of its own. */
const FLAGS = ['--instance=take-over', '--validation-namespace=take-over'];
/** What is a minute old has been stored for long: nothing of its admission is on its way any more. */
const ahead: Clock = { ...systemClock, now: () => Date.now() + 75_000 };
const names = {
  running: `${FLUENTPVC}-7d9c8b5f44-b2cdf`,
  over: `${FLUENTPVC}-7d9c8b5f44-b3cdg`,
  applied: `${FLUENTPVC}-7d9c8b5f44-b4cdh`,
  succeeded: `${FLUENTPVC}-7d9c8b5f44-b5cdj`,
  unprotected: `${FLUENTPVC}-7d9c8b5f44-b6cdk`,
  failed: `${FLUENTPVC}-7d9c8b5f44-b7cdl`,
  unknown: `${FLUENTPVC}-7d9c8b5f44-b8cdm`,
  orphan: `${FLUENTPVC}-7d9c8b5f44-b9cdn`,
};
const [READY, OVER, APPLIED] = ['Ready', 'OutOfUse', 'FinalizerJobApplied'] as const;

let api: Api;
let operator: Operator;
let running: Left;
let jobs: Record<'applied' | 'succeeded' | 'failed', Stored<Job>>;

/** What a kubelet says of a Pod with a sidecar among its containers. */
function regular(...args: Parameters<typeof status>): PodStatus {
  const { phase, containerStatuses = [], initContainerStatuses = [] } = status(...args);
  return {
    ...(phase && { phase }),
    containerStatuses: [...containerStatuses, ...initContainerStatuses],
  };
}
const ended = regular('Succeeded', exited(0), exited(0));

const get = <T extends Binding | Claim | Job>(kind: T['kind'], name: string) =>
  api.client.get<T>(ref(api, kind, name));
const fluentPVCOf = (name: string) => api.client.get<FluentPVC>({ kind: 'FluentPVC', name });
const metadataOf = async (kind: 'PersistentVolumeClaim' | 'Job', name: string) =>
  (await get(kind, name))?.metadata;

shared(async (parts) => {
  api = await openApi(parts);
  await applyOriginalDefinitions(api);
  const { client, namespace } = api;
  const { metadata } = await client.create(fluentPVC(FLUENTPVC));
  await client.create(
    fluentPVC('left-eager', { deletePodIfSidecarContainerTerminationDetected: true }),
  );
  const owner = { name: FLUENTPVC, uid: metadata.uid };
  const left = (name: string, ...conditions: string[]) => leave(api, name, owner, conditions);
  const withJob = async (name: string, ...conditions: string[]): Promise<Stored<Job>> => {
    const { binding, pod } = await left(name, READY, OVER, ...conditions);
    await api.kubectl('delete', 'pod', pod.metadata.name, '--force');
    return client.create(originalJob(binding));
  };

  running = await leave(api, names.running, owner, [READY], { terminationGracePeriodSeconds: 77 });
  await say(api, running.pod, regular('Running', RUNNING, RUNNING));
  await client.patch(ref(api, 'PersistentVolumeClaim', names.running), {
    type: 'merge',
    body: ownedBy(running.binding),
  });
  const over = await left(names.over, READY, OVER);
  await say(api, over.pod, ended);
  jobs = {
    applied: await withJob(names.applied, APPLIED),
    succeeded: await withJob(names.succeeded, APPLIED, 'FinalizerJobSucceeded'),
    failed: await withJob(names.failed, APPLIED, 'FinalizerJobFailed'),
  };
  await endJob(api, jobs.succeeded, 'Complete');
  await endJob(api, jobs.failed, 'Failed');
  const unprotected = await left(names.unprotected, READY, OVER, APPLIED, 'FinalizerJobSucceeded');
  await api.kubectl('delete', 'pod', unprotected.pod.metadata.name, '--force');
  await client.patch(ref(api, 'PersistentVolumeClaim', names.unprotected), {
    type: 'merge',
    body: { metadata: { finalizers: ['kubernetes.io/pvc-protection'] } },
  });
  const unknown = await left(names.unknown, READY, 'Unknown');
  await say(api, unknown.pod, regular('Running', RUNNING, RUNNING));
  const orphan = { namespace, name: names.orphan };
  const { uid } = (await client.create(originalClaim(orphan))).metadata;
  const pod = { name: 'app-orphan', uid: '' };
  const identities = { fluentPVC: owner, pod, pvc: { name: names.orphan, uid } };
  await say(
    api,
    await client.create(originalPod({ ...orphan, ...identities }, { nodeName: 'nowhere' })),
    ended,
  );

  // Times of the API have whole seconds: what was made in the second of our first Lease is ours.
  await eventually(
    'the next second',
    () => Date.now() > Date.parse(metadata.creationTimestamp) + 1_000,
  );
  operator = await startOperator(api, FLAGS, ahead);
  parts.defer(() => operator.stop());
});

describe('a binding of the original', () => {
  test('whose Pod runs is completed, and drained when the Pod is over', async () => {
    const { spec, metadata } = await bindingWhere(
      api,
      names.running,
      'completed',
      ({ spec: { sidecar } }) => sidecar !== undefined,
    );
    expect(metadata.labels).toEqual({
      [labels.fluentPVC]: FLUENTPVC,
      [labels.binding]: names.running,
    });
    expect(metadata.annotations).toHaveProperty([annotations.takenOver]);
    expect(spec.sidecar).toEqual({ name: 'shipper', mode: 'Regular', podDeletionTrigger: 'Never' });
    expect(spec.terminationGracePeriodSeconds).toBe(77);
    const snapshot = JSON.parse(spec.snapshot ?? '') as Snapshot;
    expect(snapshot).toMatchObject({ volumeName: 'buffer', mountPath: '/mnt/buffer' });
    // The API server adds these two to every Pod.
    expect(snapshot.pod.tolerations).toHaveLength(2);
    const claim = await claimOf(api, names.running);
    expect(claim?.metadata.ownerReferences).toBeUndefined();
    expect(claim?.metadata.labels).toEqual(metadata.labels);
    expect(await get<Job>('Job', names.running)).toBeUndefined();

    await say(api, running.pod, ended);
    await drained(names.running);
  });

  test('that is OutOfUse is drained', async () => {
    await drained(names.over);
  });

  test('whose Job is under way is finished by that Job', async () => {
    const job = await eventually('the label of the Job', async () => {
      const found = await metadataOf('Job', names.applied);
      return found?.labels?.[labels.finalizerJobOf] === names.applied && found;
    });
    expect(job.uid).toBe(jobs.applied.metadata.uid);
    await bindingWhere(
      api,
      names.applied,
      'the Job',
      (binding) => binding.status?.jobUID === job.uid,
    );
    await endJob(api, jobs.applied, 'Complete');
    await released(names.applied);
  });

  test.each(['succeeded', 'unprotected'] as const)(
    'that is drained is released (%s)',
    async (which) => {
      await released(names[which]);
    },
  );

  test('whose Job failed is drained by another one, which that one never made', async () => {
    const second = await eventually('another Job', async () => {
      const found = await get<Job>('Job', names.failed);
      return found !== undefined && found.metadata.uid !== jobs.failed.metadata.uid && found;
    });
    expect(second.metadata.labels).toMatchObject({ [labels.finalizerJobOf]: names.failed });
    await endJob(api, second, 'Complete');
    await released(names.failed);
  });

  test('that is Unknown, which that one never leaves, is in use again', async () => {
    const binding = await bindingWhere(
      api,
      names.unknown,
      'Ready',
      ({ status: { phase } = {} }) => phase === 'Ready',
    );
    expect(isTrue(binding.status?.conditions, 'Unknown')).toBe(false);
    expect(binding.spec.sidecar).toBeDefined();
  });

  test('that is complete is not written again by the next leader', async () => {
    const objects = async () =>
      Promise.all([
        get<Binding>('FluentPVCBinding', names.unknown),
        claimOf(api, names.unknown),
        fluentPVCOf(FLUENTPVC),
        fluentPVCOf('left-eager'),
      ]);
    const versions = async (): Promise<unknown[]> =>
      (await objects()).map((object) => object?.metadata.resourceVersion);
    await eventually('all to be settled', async () =>
      (await objects()).every((object) => object?.metadata.annotations !== undefined),
    );
    const before = await versions();
    await operator.stop();
    operator = await startOperator(api, FLAGS, ahead);
    // A binding that is new after that start is seen by it: the start is over by then.
    await eventually('the orphan', () => get<Binding>('FluentPVCBinding', names.orphan));
    expect(await versions()).toEqual(before);
  });
});

test('a claim of the original that has no binding gets one, and is drained', async () => {
  const binding = await bindingWhere(api, names.orphan, 'a binding', () => true);
  expect(binding.spec.sidecar).toMatchObject({ mode: 'Regular' });
  await drained(names.orphan);
});

test('a FluentPVC that leaves out whether Pods are deleted says no, as it did', async () => {
  const [left, eager] = await Promise.all([fluentPVCOf(FLUENTPVC), fluentPVCOf('left-eager')]);
  expect(left?.spec.deletePodIfSidecarContainerTerminationDetected).toBe(false);
  expect(eager?.spec.deletePodIfSidecarContainerTerminationDetected).toBe(true);
  // One that is made now means what our definition says.
  const made = await eventually('it to be admitted', () =>
    api.client.create(fluentPVC('left-new')),
  );
  await eventually('its finalizer', async () =>
    (await fluentPVCOf('left-new'))?.metadata.finalizers?.includes(finalizers.fluentPVC),
  );
  expect((await fluentPVCOf(made.metadata.name))?.spec).not.toHaveProperty(
    'deletePodIfSidecarContainerTerminationDetected',
  );
});

/** Ends the finalizer Job that is made, and waits until nothing is left. */
async function drained(name: string): Promise<void> {
  await endJob(api, await jobFor(api, name), 'Complete');
  await released(name);
}

/** Nothing is left but what Kubernetes keeps for a Pod that names the claim. */
async function released(name: string): Promise<void> {
  await gone(api, name);
  await eventually(`claim ${name} to be released`, async () => {
    const claim = await metadataOf('PersistentVolumeClaim', name);
    return (
      claim === undefined ||
      (claim.deletionTimestamp !== undefined && !claim.finalizers?.includes(finalizers.claim))
    );
  });
}
