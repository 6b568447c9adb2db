import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../src/api/binding.ts';
import { getCondition, isTrue } from '../../src/api/condition.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, labels } from '../../src/api/names.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import {
  endJob,
  exited,
  finishedPod,
  gone,
  jobFor,
  ref,
  RUNNING,
  runningPod,
  say,
  status,
} from './cycle.ts';
import { bindingNameOf, bindingWhere, openApiWithOperator, type Api } from './harness.ts';
import { annotate, remove, removeByForce } from './requests.ts';

const FLUENTPVC = 'drained';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC(FLUENTPVC));
});

describe('a claim', () => {
  test('is drained when its Pod has ended, and goes with its binding and Job', async () => {
    const { pod, binding, job } = await finishedPod(api, FLUENTPVC);
    expect(job.metadata.ownerReferences).toMatchObject([
      { kind: 'FluentPVCBinding', name: binding },
    ]);
    expect(job.spec.template.metadata?.labels).toMatchObject({ [labels.finalizerJobOf]: binding });
    expect(job.spec.template.metadata?.labels).not.toHaveProperty(labels.fluentPVC);
    expect(job.spec.template.spec.volumes).toEqual([
      { name: 'buffer', persistentVolumeClaim: { claimName: binding } },
    ]);
    const { metadata } = await bindingWhere(api, binding, 'FinalizerJobApplied', ({ status: is }) =>
      isTrue(is?.conditions, 'FinalizerJobApplied'),
    );
    // Nor has the API server begun anew, after three more writes.
    expect(metadata).not.toHaveProperty('managedFields');
    await endJob(api, job, 'Complete');
    await gone(api, binding);
    await eventually(
      'the Job to go',
      async () => (await api.client.get(ref(api, 'Job', binding))) === undefined,
    );
    // Kubernetes keeps the claim for as long as a Pod names it, ended or not.
    const claim = await api.client.get<Claim>(ref(api, 'PersistentVolumeClaim', binding));
    expect(claim?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    await removeByForce(api, pod);
    await eventually(
      'the claim to go',
      async () => (await api.client.get(ref(api, 'PersistentVolumeClaim', binding))) === undefined,
    );
  });

  test('is not drained while a container of its ended Pod still runs', async () => {
    const { pod, binding } = await runningPod(api, FLUENTPVC);
    await say(api, pod, status('Failed', RUNNING, exited(0)));
    const other = await finishedPod(api, FLUENTPVC);
    expect(other.job.metadata.name).not.toBe(binding);
    expect(await api.client.get(ref(api, 'Job', binding))).toBeUndefined();
    await say(api, pod, status('Failed', exited(137), exited(0)));
    await jobFor(api, binding);
  });

  test('is kept when its finalizer Job failed, and drained again by hand', async () => {
    const { binding, job } = await finishedPod(api, FLUENTPVC);
    await endJob(api, job, 'Failed');
    const failed = await bindingWhere(api, binding, 'FinalizerJobFailed', ({ status }) =>
      isTrue(status?.conditions, 'FinalizerJobFailed'),
    );
    expect(failed.status).toMatchObject({ phase: 'FinalizerJobFailed', attempts: 1 });
    expect(Date.parse(failed.status?.nextAttemptTime ?? '')).toBeGreaterThan(Date.now());

    await api.kubectl('annotate', 'fpvcb', binding, `${annotations.retry}=now`);
    const second = await eventually('another Job', async () => {
      const found = await api.client.get<Job>(ref(api, 'Job', binding));
      return found !== undefined && found.metadata.uid !== job.metadata.uid ? found : undefined;
    });
    await bindingWhere(
      api,
      binding,
      'FinalizerJobApplied',
      ({ status }) =>
        status?.jobUID === second.metadata.uid && status.phase === 'FinalizerJobApplied',
    );
    await endJob(api, second, 'Complete');
    await gone(api, binding);
  });

  test('whose finalizer Job somebody deletes gets another one', async () => {
    const { binding, job } = await finishedPod(api, FLUENTPVC);
    await remove(api, ref(api, 'Job', binding));
    await eventually('another Job', async () => {
      const found = await api.client.get<Job>(ref(api, 'Job', binding));
      return found !== undefined && found.metadata.uid !== job.metadata.uid;
    });
  });

  test('is not drained because the label was taken off its running Pod', async () => {
    const { pod, binding } = await runningPod(api, FLUENTPVC);
    await api.kubectl('label', 'pod', pod.metadata.name, `${labels.binding}-`);
    // Another Pod's whole life afterwards: events of this one have been seen by then.
    await finishedPod(api, FLUENTPVC);
    const found = await api.client.get<Binding>(ref(api, 'FluentPVCBinding', binding));
    expect(found?.status?.phase).toBe('Ready');
    expect(await api.client.get(ref(api, 'Job', binding))).toBeUndefined();
  });

  test('waits while the writer of a vanished Pod may be alive, until somebody knows', async () => {
    await api.client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'silent' } });
    const pod = await api.client.create(labelledPod(api, FLUENTPVC, { nodeName: 'silent' }));
    await say(api, pod, status('Running', RUNNING, RUNNING));
    const binding = bindingNameOf(pod);
    await bindingWhere(api, binding, 'Ready', ({ status }) => status?.nodeName === 'silent');
    await removeByForce(api, pod);
    const waiting = await bindingWhere(api, binding, 'WriterMayBeAlive', ({ status }) =>
      isTrue(status?.conditions, 'WriterMayBeAlive'),
    );
    const condition = waiting.status?.conditions?.find(({ type }) => type === 'WriterMayBeAlive');
    expect(condition?.message).toContain('node "silent" is not Ready');
    expect(await api.client.get(ref(api, 'Job', binding))).toBeUndefined();

    const stopped = { [annotations.assumeStopped]: pod.metadata.uid };
    await annotate(api, ref(api, 'FluentPVCBinding', binding), stopped);
    await jobFor(api, binding);
    await remove(api, { kind: 'Node', name: 'silent' });
  });
});

describe('a Pod that is deleted with a long grace period, and then by force', () => {
  test('has had it: its binding knows it, its own last words do not', async () => {
    const { pod, binding } = await runningPod(api, FLUENTPVC);
    const { name } = pod.metadata;
    await api.kubectl('delete', 'pod', name, '--grace-period=600', '--wait=false');
    await bindingWhere(
      api,
      binding,
      'the grace period',
      ({ status }) => status?.deletionGracePeriodSeconds === 600,
    );
    await removeByForce(api, pod);
    // Its node never existed: so much for its containers.
    await jobFor(api, binding);
  });
});

describe('a FluentPVC that is deleted', () => {
  test('stays until its last binding has ended', async () => {
    await api.client.create(fluentPVC('leaving'));
    const pod = await eventually('the Pod', () => api.client.create(labelledPod(api, 'leaving')));
    const binding = bindingNameOf(pod);
    await bindingWhere(api, binding, 'the Pod', ({ spec }) => spec.pod.uid !== '');
    await remove(api, ref(api, 'FluentPVC', 'leaving'));
    // Never scheduled: nothing can have been written, but that is for the drain to say.
    await remove(api, ref(api, 'Pod', pod.metadata.name));
    const job = await jobFor(api, binding);
    const waiting = await eventually('the FluentPVC to say for whom it waits', async () => {
      const found = await api.client.get<FluentPVC>(ref(api, 'FluentPVC', 'leaving'));
      return getCondition(found?.status?.conditions, 'Deleting');
    });
    expect(waiting).toMatchObject({ status: 'True', reason: 'WaitingForBindings' });
    expect(waiting.message).toContain(`1 FluentPVCBinding and 1 PVC (${api.namespace}/${binding})`);
    await endJob(api, job, 'Complete');
    await eventually(
      'the FluentPVC to go',
      async () => (await api.client.get({ kind: 'FluentPVC', name: 'leaving' })) === undefined,
    );
  });
});
