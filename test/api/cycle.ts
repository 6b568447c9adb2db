import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { rfc3339 } from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import type { Stored } from '../../src/api/object.ts';
import type { ContainerState, Pod, PodStatus } from '../../src/api/pod.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { eventually } from '../support/eventually.ts';
import { labelledPod } from '../support/manifests.ts';
import { bindingNameOf, bindingWhere, type Api } from './harness.ts';

/*
 * The cycle without nodes: the API server, its controllers and the operator are real; what a kubelet
 * would say of Pods is said here.
 */

/** A Pod and its binding's name. */
export interface Cycle {
  pod: Stored<Pod>;
  binding: string;
}

export function ref(
  { namespace }: Pick<Api, 'namespace'>,
  kind: ObjectRef['kind'],
  name: string,
): ObjectRef {
  return { kind, namespace, name };
}

const startedAt = rfc3339(Date.now() - 60_000);

/** State of a container that runs. */
export const RUNNING: ContainerState = { running: { startedAt } };

/** State of a container that has ended just now. */
export function exited(exitCode: number): ContainerState {
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { terminated: { exitCode, reason, startedAt, finishedAt: rfc3339(Date.now()) } };
}

const basics = { ready: false, started: true, restartCount: 0, image: 'busybox', imageID: '' };

/** What a kubelet says of a Pod with an app and a native sidecar. */
export function status(
  phase: NonNullable<PodStatus['phase']>,
  app: ContainerState,
  shipper: ContainerState,
): PodStatus {
  return {
    phase,
    containerStatuses: [{ ...basics, name: 'app', state: app }],
    initContainerStatuses: [{ ...basics, name: 'shipper', state: shipper }],
  };
}

/** A kubelet has something to say of containers once it could mount their claims. */
export async function say(api: Api, pod: Stored<Pod>, body: PodStatus): Promise<void> {
  for (const { persistentVolumeClaim: { claimName } = {} } of pod.spec.volumes ?? []) {
    if (claimName === undefined) continue;
    await eventually(`claim ${claimName} to be bound`, async () => {
      const claim = await api.client.get<Claim>(ref(api, 'PersistentVolumeClaim', claimName));
      return claim === undefined || claim.spec.volumeName !== undefined;
    });
  }
  const patch = { type: 'merge', subresource: 'status', body: { status: body } } as const;
  await api.client.patch(ref(api, 'Pod', pod.metadata.name), patch);
}

/** A Pod on a node that does not exist, whose containers run as far as anybody was told. */
export async function runningPod(api: Api, fluentPVC: string): Promise<Cycle> {
  const pod = await api.client.create(labelledPod(api, fluentPVC, { nodeName: 'nowhere' }));
  await say(api, pod, status('Running', RUNNING, RUNNING));
  const binding = bindingNameOf(pod);
  await bindingWhere(api, binding, 'Ready', ({ status }) => status?.phase === 'Ready');
  return { pod, binding };
}

/** The same, over, and its drain begun. */
export async function finishedPod(
  api: Api,
  fluentPVC: string,
): Promise<Cycle & { job: Stored<Job> }> {
  const { pod, binding } = await runningPod(api, fluentPVC);
  await say(api, pod, status('Succeeded', exited(0), exited(0)));
  return { pod, binding, job: await jobFor(api, binding) };
}

export function jobFor(api: Api, binding: string): Promise<Stored<Job>> {
  return eventually(`the finalizer Job of ${binding}`, () =>
    api.client.get<Job>(ref(api, 'Job', binding)),
  );
}

/** What the Job controller would say. */
export async function endJob(
  api: Api,
  job: Stored<Job>,
  type: 'Complete' | 'Failed',
): Promise<void> {
  const now = rfc3339(Date.now());
  // The Job controller says it on its own, soon.
  const started = await eventually('the Job to start', async () => {
    const found = await api.client.get<Job>(ref(api, 'Job', job.metadata.name));
    return found?.status?.startTime;
  });
  const times = { lastProbeTime: now, lastTransitionTime: now };
  const early = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  await api.client.patch(ref(api, 'Job', job.metadata.name), {
    type: 'merge',
    subresource: 'status',
    body: {
      status: {
        startTime: started,
        ...(type === 'Complete' ? { completionTime: now } : {}),
        ready: 0,
        active: 0,
        terminating: 0,
        uncountedTerminatedPods: null,
        conditions: [
          { type: early, status: 'True', reason: 'Said', message: 'said by the test', ...times },
          { type, status: 'True', reason: 'Said', message: 'said by the test', ...times },
        ],
      },
    },
  });
}

/** Waits until the binding is gone. */
export async function gone(api: Api, binding: string): Promise<void> {
  await eventually(`binding ${binding} to be gone`, async () => {
    const found = await api.client.get<Binding>(ref(api, 'FluentPVCBinding', binding));
    if (found !== undefined) throw new Error(JSON.stringify(found));
    return true;
  });
}
