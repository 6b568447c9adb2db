import { expect, test } from '@jest/globals';
import { createJobObserver } from '../../controllers/binding/drain/drain-observer.ts';
import { IDLE_MS } from '../../controllers/binding/drain/stalled-drain.ts';
import type { Binding } from '../../src/api/binding.ts';
import type { Job } from '../../src/api/job.ts';
import { createdAt, type KubeObject, type Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { container, drainedBy } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApi(parts);
});

/** What a kubelet tells of a Pod. */
async function told({ metadata }: Stored<Pod>, type: string, note: string): Promise<void> {
  const { namespace, name, uid } = metadata;
  await api.client.create({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { generateName: `${name}-`, namespace },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: 'kubelet',
    reportingInstance: 'node-1',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type,
    reason: type === 'Normal' ? 'Scheduled' : 'FailedMount',
    action: 'Mount',
    note,
  } as KubeObject);
}

test('a Job whose Pod cannot mount a volume is idle for what that lacks', async () => {
  const job = await api.client.create<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'mounting', namespace: api.namespace },
    spec: drainedBy(container('drain')),
  });
  const labelSelector = 'batch.kubernetes.io/job-name=mounting';
  const made = await eventually('its Pod', async () => {
    const list = { namespace: api.namespace, labelSelector };
    return (await api.client.list<Pod>('Pod', list)).items[0];
  });
  const state = { waiting: { reason: 'ContainerCreating' } };
  const pod = {
    ...made,
    status: { phase: 'Pending', containerStatuses: [{ name: 'drain', state }] },
  };
  const other = { ...made, metadata: { ...made.metadata, uid: 'other' } };
  await told(made, 'Warning', 'an old one');
  await told(made, 'Warning', 'secret "backend" not found');
  await told(made, 'Warning', 'secret "backend" not found');
  await told(made, 'Warning', 'Unable to attach or mount volumes');
  await told(made, 'Normal', 'assigned to node-1');
  await told(other, 'Warning', 'of another Pod');

  const look = createJobObserver(api.client);
  const binding = { metadata: job.metadata } as Stored<Binding>;
  const { signal } = new AbortController();
  const at = createdAt(job) + IDLE_MS;
  const waits = `container "drain" of Pod "${made.metadata.name}" waits: ContainerCreating`;
  expect(await look(binding, job, [pod as Stored<Pod>], at, signal)).toMatchObject({
    idle: {
      why: `${waits}; FailedMount, Unable to attach or mount volumes; FailedMount, secret "backend" not found`,
    },
  });
  expect(await look(binding, job, [pod as Stored<Pod>], at - 1, signal)).toMatchObject({
    idle: { why: waits },
  });
});

test('a Job whose Pods a quota refuses is idle for the API server’s own reason', async () => {
  await api.kubectl('create', 'quota', 'no-pods', '--hard=pods=0');
  const job = await api.client.create<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'idle', namespace: api.namespace },
    spec: drainedBy(container('drain')),
  });
  const look = createJobObserver(api.client);
  const binding = { metadata: job.metadata } as Stored<Binding>;
  const { signal } = new AbortController();
  const at = createdAt(job) + IDLE_MS;
  const why = await eventually('the Event', async () => {
    const { idle } = await look(binding, job, [], at, signal);
    return idle?.why;
  });
  expect(why).toMatch(/exceeded quota: no-pods/);
  // Events are read only when it is time to show something.
  expect(await look(binding, job, [], at - 1, signal)).toMatchObject({ idle: { why: undefined } });
});
