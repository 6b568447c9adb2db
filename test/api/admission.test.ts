import { describe, expect, test } from '@jest/globals';
import type { Binding, Snapshot } from '../../src/api/binding.ts';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingNameOf, claimOf, openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  const commonEnvs = [{ name: 'BUFFER', value: '/mnt/buffer' }];
  await api.client.create(fluentPVC('buffered', { commonEnvs }));
});

describe('a labelled Pod', () => {
  test('gets a claim, a binding, a volume, mounts, envs and a native sidecar', async () => {
    const pod = await api.client.create(labelledPod(api, 'buffered'));
    const name = bindingNameOf(pod);

    expect(pod.spec.containers.map((each) => each.name)).toEqual(['app']);
    expect(pod.spec.initContainers).toMatchObject([{ name: 'shipper', restartPolicy: 'Always' }]);
    for (const each of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
      expect(each.env).toEqual([{ name: 'BUFFER', value: '/mnt/buffer' }]);
      expect(each.volumeMounts).toContainEqual({ name: 'buffer', mountPath: '/mnt/buffer' });
    }
    expect(pod.spec.volumes).toContainEqual({
      name: 'buffer',
      persistentVolumeClaim: { claimName: name },
    });
    expect(JSON.parse(pod.metadata.annotations?.[annotations.injected] ?? '')).toEqual({
      fluentPVC: 'buffered',
      sidecar: 'shipper',
      volumes: ['buffer'],
      envs: ['BUFFER'],
    });

    const claim = await claimOf(api, name);
    const binding = await api.client.get<Binding>({
      kind: 'FluentPVCBinding',
      namespace: api.namespace,
      name,
    });
    expect(claim?.metadata.finalizers).toContain(finalizers.claim);
    expect(claim?.metadata.ownerReferences).toBeUndefined();
    expect(claim?.spec.storageClassName).toBe('standard');
    expect(binding?.metadata.finalizers).toEqual([finalizers.binding]);
    expect(binding?.metadata.ownerReferences).toMatchObject([
      { kind: 'FluentPVC', name: 'buffered', controller: true },
    ]);
    expect(claim?.metadata.annotations?.[annotations.admissionId]).toBe(
      binding?.metadata.annotations?.[annotations.admissionId],
    );
    expect(JSON.parse(binding?.spec.snapshot ?? '') as Snapshot).toMatchObject({
      volumeName: 'buffer',
      mountPath: '/mnt/buffer',
    });
    expect(binding?.status?.phase).toMatch(/Pending|Ready/);
  });

  test('without storageClassName in its FluentPVC gets a volume of the default class', async () => {
    const pod = await api.client.create(labelledPod(api, 'buffered'));
    await eventually('the claim to be bound', async () => {
      const claim = await claimOf(api, bindingNameOf(pod));
      return claim?.status?.phase === 'Bound';
    });
  });

  test('has its binding learn who it is', async () => {
    const pod = await api.client.create(labelledPod(api, 'buffered'));
    const name = bindingNameOf(pod);
    const { spec } = await eventually('the identities', async () => {
      const ref = { kind: 'FluentPVCBinding', namespace: api.namespace, name } as const;
      const binding = await api.client.get<Binding>(ref);
      return binding?.spec.pod.uid === '' ? undefined : binding;
    });
    expect(spec.pod).toEqual({ name: pod.metadata.name, uid: pod.metadata.uid });
  });

  test('that is a dry run is answered with the same patch and stores nothing', async () => {
    const before = await api.client.list('PersistentVolumeClaim', { namespace: api.namespace });
    const pod = await api.client.create(labelledPod(api, 'buffered'), { dryRun: true });
    expect(pod.spec.initContainers).toMatchObject([{ name: 'shipper' }]);
    expect(await claimOf(api, bindingNameOf(pod))).toBeUndefined();
    const after = await api.client.list('PersistentVolumeClaim', { namespace: api.namespace });
    expect(after.items).toHaveLength(before.items.length);
    const bindings = await api.client.list('FluentPVCBinding', {
      namespace: api.namespace,
      labelSelector: `${labels.binding}=${bindingNameOf(pod)}`,
    });
    expect(bindings.items).toEqual([]);
  });

  test('keeps what the API server knows and this program does not', async () => {
    const pod = labelledPod(api, 'buffered', {
      containers: [
        {
          ...container('app'),
          resources: { limits: { cpu: '100m' } },
          lifecycle: { preStop: { sleep: { seconds: 1 } } },
        } as Pod['spec']['containers'][number],
      ],
    });
    const stored = await api.client.create(pod);
    expect(stored.spec.containers[0]).toMatchObject({
      resources: { limits: { cpu: '100m' } },
      lifecycle: { preStop: { sleep: { seconds: 1 } } },
    });
  });

  test('with a Regular sidecar gets it behind the app', async () => {
    await api.client.create(fluentPVC('regular', { sidecarMode: 'Regular' }));
    const pod = await eventually('the admission', () =>
      api.client.create(labelledPod(api, 'regular')),
    );
    expect(pod.spec.containers.map((each) => each.name)).toEqual(['app', 'shipper']);
    expect(pod.spec.initContainers).toBeUndefined();
  });

  test('is told what of it was replaced', async () => {
    const pod = labelledPod(api, 'buffered', {
      containers: [{ ...container('app'), env: [{ name: 'BUFFER', value: '/elsewhere' }] }],
    });
    const said = await api.kubectl.feed('create', '--dry-run=server', pod);
    expect(said).toContain('Warning: container "app": env "BUFFER"');
    expect(said).toContain('/elsewhere');
  });
});

describe('out of the way', () => {
  test('a Pod without the label is stored as it is', async () => {
    const { metadata, ...rest } = labelledPod(api, 'missing');
    const pod = await api.client.create({
      ...rest,
      metadata: { generateName: 'plain-', namespace: metadata.namespace ?? '' },
    });
    expect(pod.spec.initContainers).toBeUndefined();
    expect(pod.spec.volumes).toHaveLength(1);
  });

  test('a labelled Pod in kube-system is stored as it is', async () => {
    const pod = labelledPod(api, 'missing');
    const stored = await eventually('kube-system to have a ServiceAccount', () =>
      api.client.create({ ...pod, metadata: { ...pod.metadata, namespace: 'kube-system' } }),
    );
    expect(stored.metadata.labels).not.toHaveProperty(labels.binding);
  });
});
