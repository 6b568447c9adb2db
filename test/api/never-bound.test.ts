import { expect, test } from '@jest/globals';
import type { Job } from '../../src/api/job.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { gone, ref } from './cycle.ts';
import { bindingNameOf, claimOf, openApiWithOperator, type Api } from './harness.ts';

const FLUENTPVC = 'unprovisioned';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  const provisioner = 'example.com/out-of-order';
  await api.client.create({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: FLUENTPVC },
    provisioner,
  } as KubeObject);
  const { spec } = fluentPVC(FLUENTPVC);
  const pvcSpecTemplate = { ...spec.pvcSpecTemplate, storageClassName: FLUENTPVC };
  const made = fluentPVC(FLUENTPVC, { pvcSpecTemplate });
  await eventually('the FluentPVC to be taken', () => api.client.create(made));
});

test('a claim that never gets a volume goes with its Pod: no Job could ever mount it', async () => {
  const pod = await eventually('the Pod', () =>
    api.client.create<Pod>(labelledPod(api, FLUENTPVC)),
  );
  const binding = bindingNameOf(pod);
  await api.kubectl('delete', 'pod', pod.metadata.name, '--force');
  await gone(api, binding);
  await eventually('the claim to go', async () => (await claimOf(api, binding)) === undefined);
  expect(await api.client.get<Job>(ref(api, 'Job', binding))).toBeUndefined();
});
