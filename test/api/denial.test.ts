import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../src/api/binding.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { labels } from '../../src/api/names.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingNameOf, claimOf, openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC('denying'));
});

describe('a Pod is denied', () => {
  const DENIED = `admission webhook "pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com" denied the request`;

  test('when its label names no FluentPVC: which one, in which label', async () => {
    await expect(api.client.create(labelledPod(api, 'missing'))).rejects.toThrow(
      `${DENIED}: there is no FluentPVC "missing", which the label ${labels.fluentPVC} of the Pod names`,
    );
  });

  test('when its label names a FluentPVC that is being deleted', async () => {
    await api.client.create(fluentPVC('going'));
    const pod = await api.client.create(labelledPod(api, 'going'));
    const ref = { kind: 'FluentPVC', name: 'going' } as const;
    const kept = await eventually('the finalizer', async () => {
      const found = await api.client.get<FluentPVC>(ref);
      return found?.metadata.finalizers === undefined ? undefined : found;
    });
    await api.client.delete(ref, { uid: kept.metadata.uid, propagation: 'Background' });
    await eventually('the denial', async () => {
      const refused = await api.client.create(labelledPod(api, 'going')).then(
        () => '',
        (error: unknown) => String(error),
      );
      return refused.includes(
        `FluentPVC "going", which the label ${labels.fluentPVC} of the Pod names, is being deleted`,
      );
    });
    expect(await claimOf(api, bindingNameOf(pod))).toBeDefined();
  });

  test('when something else is mounted where the FluentPVC mounts', async () => {
    const pod = labelledPod(api, 'denying', {
      volumes: [{ name: 'other' }],
      containers: [
        { ...container('app'), volumeMounts: [{ name: 'other', mountPath: '/mnt/buffer/' }] },
      ],
    });
    await expect(api.client.create(pod)).rejects.toThrow(
      'container "app" mounts volume "other" at /mnt/buffer',
    );
  });

  test('with the API reason when its claim is refused, and leaves nothing', async () => {
    await api.kubectl('create', 'quota', 'none', '--hard=persistentvolumeclaims=0');
    try {
      await eventually('the quota to hold', async () => {
        const refused = await api.client.create(labelledPod(api, 'denying')).then(
          async (pod) => {
            await api.kubectl('delete', 'pod', pod.metadata.name);
            return '';
          },
          (error: unknown) => String(error),
        );
        return refused.includes('exceeded quota') && refused.includes('Forbidden 403');
      });
    } finally {
      await api.kubectl('delete', 'quota', 'none');
    }
    const claims = await api.client.list('PersistentVolumeClaim', { namespace: api.namespace });
    const bindings = await api.client.list<Binding>('FluentPVCBinding', {
      namespace: api.namespace,
    });
    const names = new Set(claims.items.map((claim) => claim.metadata.name));
    const orphans = bindings.items.filter((binding) => !names.has(binding.metadata.name));
    expect(orphans.filter((binding) => !binding.metadata.deletionTimestamp)).toEqual([]);
  });
});
