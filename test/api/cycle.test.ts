import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Binding } from '../../src/api/binding.ts';
import { isTrue, rfc3339 } from '../../src/api/condition.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod, PodStatus } from '../../src/api/pod.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { eventually } from '../support/eventually.ts';
import {
  bindingNameOf,
  bindingWhere,
  fluentPVC,
  labelledPod,
  openApi,
  startOperator,
  type Api,
  type Operator,
} from './harness.ts';

/*
 * The cycle without nodes: the API server, its controllers and the operator are real; what a kubelet
 * would say of Pods is said here.
 */
let api: Api;
let operator: Operator;

beforeAll(async () => {
  api = await openApi();
  operator = await startOperator(api);
  await api.client.create(fluentPVC('cycle'));
});

afterAll(async () => {
  await operator.stop();
  await api.close();
});

const ref = (kind: ObjectRef['kind'], name: string): ObjectRef => ({
  kind,
  namespace: api.namespace,
  name,
});

const startedAt = rfc3339(Date.now() - 60_000);
const RUNNING = { running: { startedAt } };
const exited = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error') => ({
  terminated: { exitCode, reason, startedAt, finishedAt: rfc3339(Date.now()) },
});

function status(phase: NonNullable<PodStatus['phase']>, app: object, shipper: object): PodStatus {
  return {
    phase,
    containerStatuses: [{ ...basics('app'), state: app }],
    initContainerStatuses: [{ ...basics('shipper'), state: shipper }],
  };
}

const basics = (name: string) => ({
  name,
  ready: false,
  started: true,
  restartCount: 0,
  image: 'busybox',
  imageID: '',
});

async function say(pod: Stored<Pod>, body: PodStatus): Promise<void> {
  const patch = { type: 'merge', subresource: 'status', body: { status: body } } as const;
  await api.client.patch(ref('Pod', pod.metadata.name), patch);
}

/** A Pod on a node that does not exist, whose containers run as far as anybody was told. */
async function runningPod(): Promise<{ pod: Stored<Pod>; binding: string }> {
  const pod = await api.client.create(labelledPod(api, 'cycle', { nodeName: 'nowhere' }));
  await say(pod, status('Running', RUNNING, RUNNING));
  const binding = bindingNameOf(pod);
  await bindingWhere(api, binding, 'Ready', ({ status }) => status?.phase === 'Ready');
  return { pod, binding };
}

async function jobFor(binding: string): Promise<Stored<Job>> {
  return eventually(`the finalizer Job of ${binding}`, () =>
    api.client.get<Job>(ref('Job', binding)),
  );
}

/** What the Job controller would say. */
async function endJob(job: Stored<Job>, type: 'Complete' | 'Failed'): Promise<void> {
  const now = rfc3339(Date.now());
  // The Job controller says it on its own, soon.
  const started = await eventually('the Job to start', async () => {
    const found = await api.client.get<Job>(ref('Job', job.metadata.name));
    return found?.status?.startTime;
  });
  const times = { lastProbeTime: now, lastTransitionTime: now };
  const early = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  await api.client.patch(ref('Job', job.metadata.name), {
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

async function finishedPod(): Promise<{ pod: Stored<Pod>; binding: string; job: Stored<Job> }> {
  const { pod, binding } = await runningPod();
  await say(pod, status('Succeeded', exited(0), exited(0)));
  return { pod, binding, job: await jobFor(binding) };
}

async function gone(binding: string): Promise<void> {
  await eventually(`binding ${binding} to be gone`, async () => {
    const found = await api.client.get<Binding>(ref('FluentPVCBinding', binding));
    if (found !== undefined) throw new Error(JSON.stringify(found));
    return true;
  });
}

describe('a Pod whose sidecar', () => {
  test('fails while the app runs is evicted', async () => {
    const { pod } = await runningPod();
    await say(pod, status('Running', RUNNING, exited(1)));
    await eventually('the Pod to be deleted', async () => {
      const found = await api.client.get<Pod>(ref('Pod', pod.metadata.name));
      return found === undefined || found.metadata.deletionTimestamp !== undefined;
    });
    await eventually('the Event', async () =>
      (await api.kubectl('get', 'events.events.k8s.io')).includes('SidecarFailed'),
    );
  });

  test('fails after the app has ended is left alone', async () => {
    const { pod, binding } = await runningPod();
    await say(pod, status('Running', exited(0), RUNNING));
    await say(pod, status('Succeeded', exited(0), exited(143)));
    // The drain begins: everything that could have deleted the Pod has seen it by then.
    await jobFor(binding);
    const found = await api.client.get<Pod>(ref('Pod', pod.metadata.name));
    expect(found?.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('a claim', () => {
  test('is drained when its Pod has ended, and goes with its binding and Job', async () => {
    const { pod, binding, job } = await finishedPod();
    expect(job.metadata.ownerReferences).toMatchObject([
      { kind: 'FluentPVCBinding', name: binding },
    ]);
    expect(job.spec.template.metadata?.labels).toMatchObject({ [labels.finalizerJobOf]: binding });
    expect(job.spec.template.metadata?.labels).not.toHaveProperty(labels.fluentPVC);
    expect(job.spec.template.spec.volumes).toEqual([
      { name: 'buffer', persistentVolumeClaim: { claimName: binding } },
    ]);
    await bindingWhere(api, binding, 'FinalizerJobApplied', ({ status }) =>
      isTrue(status?.conditions, 'FinalizerJobApplied'),
    );
    await endJob(job, 'Complete');
    await gone(binding);
    await eventually(
      'the Job to go',
      async () => (await api.client.get(ref('Job', binding))) === undefined,
    );
    // Kubernetes keeps the claim for as long as a Pod names it, ended or not.
    const claim = await api.client.get<Claim>(ref('PersistentVolumeClaim', binding));
    expect(claim?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    await api.kubectl('delete', 'pod', pod.metadata.name, '--force');
    await eventually(
      'the claim to go',
      async () => (await api.client.get(ref('PersistentVolumeClaim', binding))) === undefined,
    );
  });

  test('is not drained while a container of its ended Pod still runs', async () => {
    const { pod, binding } = await runningPod();
    await say(pod, status('Failed', RUNNING, exited(0)));
    const other = await finishedPod();
    expect(other.job.metadata.name).not.toBe(binding);
    expect(await api.client.get(ref('Job', binding))).toBeUndefined();
    await say(pod, status('Failed', exited(137), exited(0)));
    await jobFor(binding);
  });

  test('is kept when its finalizer Job failed, and drained again by hand', async () => {
    const { binding, job } = await finishedPod();
    await endJob(job, 'Failed');
    const failed = await bindingWhere(api, binding, 'FinalizerJobFailed', ({ status }) =>
      isTrue(status?.conditions, 'FinalizerJobFailed'),
    );
    expect(failed.status).toMatchObject({ phase: 'FinalizerJobFailed', attempts: 1 });
    expect(Date.parse(failed.status?.nextAttemptTime ?? '')).toBeGreaterThan(Date.now());

    await api.kubectl('annotate', 'fpvcb', binding, `${annotations.retry}=now`);
    const second = await eventually('another Job', async () => {
      const found = await api.client.get<Job>(ref('Job', binding));
      return found !== undefined && found.metadata.uid !== job.metadata.uid ? found : undefined;
    });
    await bindingWhere(
      api,
      binding,
      'FinalizerJobApplied',
      ({ status }) =>
        status?.jobUID === second.metadata.uid && status.phase === 'FinalizerJobApplied',
    );
    await endJob(second, 'Complete');
    await gone(binding);
  });

  test('whose finalizer Job somebody deletes gets another one', async () => {
    const { binding, job } = await finishedPod();
    await api.kubectl('delete', 'job', binding, '--wait=false');
    await eventually('another Job', async () => {
      const found = await api.client.get<Job>(ref('Job', binding));
      return found !== undefined && found.metadata.uid !== job.metadata.uid;
    });
  });

  test('is not drained because the label was taken off its running Pod', async () => {
    const { pod, binding } = await runningPod();
    await api.kubectl('label', 'pod', pod.metadata.name, `${labels.binding}-`);
    // Another Pod's whole life afterwards: events of this one have been seen by then.
    await finishedPod();
    const found = await api.client.get<Binding>(ref('FluentPVCBinding', binding));
    expect(found?.status?.phase).toBe('Ready');
    expect(await api.client.get(ref('Job', binding))).toBeUndefined();
  });

  test('waits while the writer of a vanished Pod may be alive, until somebody knows', async () => {
    await api.kubectl.feed('create', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'silent' },
    });
    const pod = await api.client.create(labelledPod(api, 'cycle', { nodeName: 'silent' }));
    await say(pod, status('Running', RUNNING, RUNNING));
    const binding = bindingNameOf(pod);
    await bindingWhere(api, binding, 'Ready', ({ status }) => status?.nodeName === 'silent');
    await api.kubectl('delete', 'pod', pod.metadata.name, '--force');
    const waiting = await bindingWhere(api, binding, 'WriterMayBeAlive', ({ status }) =>
      isTrue(status?.conditions, 'WriterMayBeAlive'),
    );
    const condition = waiting.status?.conditions?.find(({ type }) => type === 'WriterMayBeAlive');
    expect(condition?.message).toContain('node "silent" is not Ready');
    expect(await api.client.get(ref('Job', binding))).toBeUndefined();

    const stopped = `${annotations.assumeStopped}=${pod.metadata.uid}`;
    await api.kubectl('annotate', 'fpvcb', binding, stopped);
    await jobFor(binding);
    await api.kubectl('delete', 'node', 'silent');
  });
});

describe('a FluentPVC that is deleted', () => {
  test('stays until its last binding has ended', async () => {
    await api.client.create(fluentPVC('leaving'));
    const pod = await eventually('the Pod', () => api.client.create(labelledPod(api, 'leaving')));
    const binding = bindingNameOf(pod);
    await bindingWhere(api, binding, 'the Pod', ({ spec }) => spec.pod.uid !== '');
    await api.kubectl('delete', 'fpvc', 'leaving', '--wait=false');
    // Never scheduled: nothing can have been written, but that is for the drain to say.
    await api.kubectl('delete', 'pod', pod.metadata.name);
    const job = await jobFor(binding);
    expect(await api.client.get(ref('FluentPVC', 'leaving'))).toBeDefined();
    await endJob(job, 'Complete');
    await eventually(
      'the FluentPVC to go',
      async () => (await api.client.get({ kind: 'FluentPVC', name: 'leaving' })) === undefined,
    );
  });
});
