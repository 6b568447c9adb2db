import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod, PodSpec } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingNameOf, claimOf, openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
});

/** A Pod with these annotations of ours. */
function asking(name: string, values: Record<string, string>, spec: Partial<PodSpec> = {}): Pod {
  const pod = labelledPod(api, name, spec);
  const asked = Object.entries(values).map(([key, value]) => [
    annotations.override(key as 'storage-size'),
    value,
  ]);
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: Object.fromEntries(asked) as Record<string, string> },
  };
}

describe('a Pod may ask for', () => {
  test('a size, resources, an image and a class of its own, where overrides allows it', async () => {
    await api.client.create(
      fluentPVC('generous', {
        overrides: ['storage-size', 'sidecar-resources', 'sidecar-image', 'storage-class-name'],
        pvcMetadata: { labels: { team: 'red' }, annotations: { 'example.com/backup': 'no' } },
      }),
    );
    const pod = await api.client.create(
      asking('generous', {
        'storage-size': '21Mi',
        'sidecar-resources': '{"requests":{"cpu":"7m"}}',
        'sidecar-image': 'alpine:3',
        'storage-class-name': 'standard',
      }),
    );
    const claim = await claimOf(api, bindingNameOf(pod));
    expect(claim).toMatchObject({
      metadata: {
        labels: { team: 'red' },
        annotations: { 'example.com/backup': 'no' },
      },
      spec: { storageClassName: 'standard', resources: { requests: { storage: '21Mi' } } },
    });
    expect(pod.spec.initContainers?.[0]).toMatchObject({
      image: 'alpine:3',
      resources: { requests: { cpu: '7m' } },
    });
  });

  describe('nothing else:', () => {
    const cases: Record<string, { values: Record<string, string>; says: RegExp[] }> = {
      'what overrides does not allow': {
        values: { 'sidecar-image': 'alpine', 'storage-class-name': 'standard' },
        says: [/sidecar-image is not among the overrides/, /storage-class-name is not among/],
      },
      'a size that is none': {
        values: { 'storage-size': 'big' },
        says: [/storage-size must be a quantity/],
      },
      'resources that are none': {
        values: { 'sidecar-resources': '{"requests":7}' },
        says: [/sidecar-resources must be JSON of resource requirements/],
      },
    };
    test.each(Object.entries(cases))('%s is a denial', async (_, { values, says }) => {
      await api.client.create(fluentPVC('strict')).catch(() => undefined);
      for (const words of says) {
        await expect(api.client.create(asking('strict', values))).rejects.toThrow(words);
      }
    });
    test('a class that does not exist is a denial', async () => {
      await api.client.create(fluentPVC('classy', { overrides: ['storage-class-name'] }));
      await expect(
        api.client.create(asking('classy', { 'storage-class-name': 'missing' })),
      ).rejects.toThrow(/must be the name of a StorageClass that exists, not "missing"/);
    });
  });
});

test('namespaceSelector admits the Pods of a namespace from the moment it is labelled', async () => {
  const namespaceSelector = { matchLabels: { buffered: 'yes' } };
  await api.client.create(fluentPVC('selective', { namespaceSelector }));
  await expect(api.client.create(labelledPod(api, 'selective'))).rejects.toThrow(
    `is not for namespace "${api.namespace}"`,
  );
  await api.kubectl('label', 'namespace', api.namespace, 'buffered=yes');
  const pod = await api.client.create(labelledPod(api, 'selective'));
  expect(bindingNameOf(pod)).toMatch(/^selective-/);
});

describe('injection', () => {
  const proxy = { ...container('linkerd-proxy'), restartPolicy: 'Always' };
  const create = (name: string): Promise<Stored<Pod>> =>
    eventually('the Pod', () =>
      api.client.create(
        labelledPod(api, name, {
          containers: [container('app'), container('helper')],
          initContainers: [container('setup'), proxy],
        }),
      ),
    );
  test('reaches the containers that the FluentPVC names; the sidecar starts after a mesh', async () => {
    await api.client.create(fluentPVC('choosy', { injection: { containers: ['app'] } }));
    const { containers, initContainers = [] } = (await create('choosy')).spec;
    const mount = { name: 'buffer', mountPath: '/mnt/buffer' };
    expect(containers[0]?.volumeMounts).toContainEqual(mount);
    expect(containers[1]?.volumeMounts).not.toContainEqual(mount);
    expect(initContainers.map(({ name }) => name)).toEqual(['setup', 'linkerd-proxy', 'shipper']);
    for (const one of initContainers) expect(one.volumeMounts).toContainEqual(mount);
  });
  test('of the sidecar is before all where nothing is to start first', async () => {
    await api.client.create(fluentPVC('early', { injection: { after: [], initContainers: [] } }));
    const { initContainers = [] } = (await create('early')).spec;
    expect(initContainers.map(({ name }) => name)).toEqual(['shipper', 'setup', 'linkerd-proxy']);
    expect(initContainers[1]?.volumeMounts).not.toContainEqual(
      expect.objectContaining({ name: 'buffer' }),
    );
  });
});

test('a Regular sidecar of a Pod that runs to completion is admitted with a warning', async () => {
  await api.client.create(fluentPVC('endless', { sidecarMode: 'Regular' }));
  const pod = labelledPod(api, 'endless', { restartPolicy: 'Never' });
  const said = await eventually('the admission', () =>
    api.kubectl.feed('create', '--dry-run=server', pod),
  );
  expect(said).toMatch(/Warning: restartPolicy Never: .*"shipper".*does not complete by itself/);
});
