import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { exited, jobFor, ref, RUNNING, runningPod, say, status } from './cycle.ts';
import { openApiWithOperator, type Api } from './harness.ts';

const FLUENTPVC = 'watched';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC(FLUENTPVC));
});

describe('a Pod whose sidecar', () => {
  test('fails while the app runs is evicted', async () => {
    const { pod } = await runningPod(api, FLUENTPVC);
    await say(api, pod, status('Running', RUNNING, exited(1)));
    await eventually('the Pod to be deleted', async () => {
      const found = await api.client.get<Pod>(ref(api, 'Pod', pod.metadata.name));
      return found === undefined || found.metadata.deletionTimestamp !== undefined;
    });
    await eventually('the Event', async () =>
      (await api.kubectl('get', 'events.events.k8s.io')).includes('SidecarFailed'),
    );
  });

  test('fails after the app has ended is left alone', async () => {
    const { pod, binding } = await runningPod(api, FLUENTPVC);
    await say(api, pod, status('Running', exited(0), RUNNING));
    await say(api, pod, status('Succeeded', exited(0), exited(143)));
    // The drain begins: everything that could have deleted the Pod has seen it by then.
    await jobFor(api, binding);
    const found = await api.client.get<Pod>(ref(api, 'Pod', pod.metadata.name));
    expect(found?.metadata.deletionTimestamp).toBeUndefined();
  });
});
