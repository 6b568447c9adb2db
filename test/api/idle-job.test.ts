import { expect, test } from '@jest/globals';
import { createJobObserver } from '../../controllers/drain-observer.ts';
import { IDLE_MS } from '../../controllers/stalled-drain.ts';
import type { Binding } from '../../src/api/binding.ts';
import type { Job } from '../../src/api/job.ts';
import { createdAt, type Stored } from '../../src/api/object.ts';
import { eventually } from '../support/eventually.ts';
import { container, drainedBy } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApi(parts);
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
