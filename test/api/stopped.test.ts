import { expect, test } from '@jest/globals';
import { makeCertificate } from '../../webhook/certificate.ts';
import { applyCRDs, deleteConfigurations, register } from '../../src/kube/registrar.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { guarded } from './guarding.ts';
import { openApi, type Api } from './harness.ts';

/** Nobody listens there. */
const NOWHERE = 'https://127.0.0.1:1';
const instance = 'stopped';

let api: Api;

shared(async (parts) => {
  api = await openApi(parts);
  const { ca } = await makeCertificate(['127.0.0.1'], new Date());
  const { signal } = new AbortController();
  const base = { client: api.client, clock: systemClock, log: silentLog, signal };
  parts.defer(() => deleteConfigurations(base, instance, ca));
  await applyCRDs(base);
  const { metadata, ...rest } = fluentPVC('kept');
  await api.client.create({ ...rest, metadata: { ...metadata, finalizers: ['example.com/keep'] } });
  const exemptNamespaces = ['kube-system'];
  const client = { url: NOWHERE, caBundle: ca };
  await register(base, { instance, client, exemptNamespaces });
  await guarded(api, instance);
});

test('while the operator is away, labelled Pods are refused in words, and no other is in its way', async () => {
  await eventually('the webhook to be called', async () => {
    const refused = await api.client.create(labelledPod(api, 'any')).then(
      async ({ metadata }) => {
        await api.kubectl('delete', 'pod', metadata.name);
        return '';
      },
      (error: unknown) => String(error),
    );
    return refused.includes('failed calling webhook "pod-mutation-webhook.fluent-pvc-operator');
  });
  const { metadata, ...pod } = labelledPod(api, 'any');
  const plain = { generateName: 'plain-', namespace: api.namespace };
  expect(
    (await api.client.create({ ...pod, metadata: plain })).spec.initContainers,
  ).toBeUndefined();
  const system = { ...metadata, namespace: 'kube-system' };
  const inSystem = await eventually('a Pod in kube-system', () =>
    api.client.create({ ...pod, metadata: system }),
  );
  expect(inSystem.spec.initContainers).toBeUndefined();
});

test('while the operator is away, a FluentPVC can go, and its spec cannot change', async () => {
  const ref = { kind: 'FluentPVC', name: 'kept' } as const;
  const patch = (body: object) => api.client.patch(ref, { type: 'merge', body });
  await eventually('the webhook to be called', async () => {
    const refused = await patch({ spec: { pvcVolumeName: `v${Date.now()}` } }).then(
      () => '',
      (error: unknown) => String(error),
    );
    return refused.includes('failed calling webhook "fluent-pvc-validation-webhook');
  });
  await patch({ metadata: { labels: { team: 'red' } } });
  await api.kubectl('delete', 'fluentpvc', 'kept', '--wait=false');
  await patch({ metadata: { finalizers: null } });
  expect(await api.client.get(ref)).toBeUndefined();
});
