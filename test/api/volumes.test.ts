import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import type { Container, Pod, PodSpec } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingNameOf, openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC('excluding', { injection: { containers: ['app'] } }));
  const volumeMounts = [{ name: 'certs', mountPath: '/certs' }];
  await api.client.create(
    fluentPVC('borrowing', {
      sidecarContainerTemplate: { ...container('shipper'), volumeMounts },
    }),
  );
  await eventually('both to be known', async () => {
    const dryRun = { dryRun: true };
    await api.client.create(labelledPod(api, 'excluding'), dryRun);
    return api.client.create(labelledPod(api, 'borrowing', withCerts), dryRun);
  });
});

const withCerts = { volumes: [{ name: 'certs' }] };
const helper = (change: object): Container => ({ ...container('helper'), ...change });
const buffer = { volumes: [{ name: 'buffer' }] };
const mounts = { volumeMounts: [{ name: 'buffer', mountPath: '/mine' }] };

describe('denied, and nothing is written for it, is a Pod', () => {
  const cases: Record<string, { of: string; spec: Partial<PodSpec>; says: string }> = {
    'in which a container that is left out mounts a volume that ours replaces': {
      of: 'excluding',
      spec: { containers: [container('app'), helper(mounts)], ...buffer },
      says: 'container "helper" mounts volume "buffer", which FluentPVC "excluding" replaces',
    },
    'in which a container uses the claim as a device': {
      of: 'excluding',
      spec: {
        containers: [
          container('app'),
          helper({ volumeDevices: [{ name: 'buffer', devicePath: '/dev/x' }] }),
        ],
      },
      says: 'container "helper" uses volume "buffer", which FluentPVC "excluding" defines, as a device',
    },
    'that lacks a volume which the sidecar mounts': {
      of: 'borrowing',
      spec: {},
      says: 'FluentPVC "borrowing" mounts volume "certs" in its sidecar',
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { of, spec, says }) => {
    const count = async (): Promise<number> => {
      const { items } = await api.client.list<KubeObject>('PersistentVolumeClaim', {
        namespace: api.namespace,
      });
      return items.length;
    };
    const before = await count();
    await expect(api.client.create(labelledPod(api, of, spec))).rejects.toThrow(says);
    expect(await count()).toBe(before);
  });
});

describe('admitted is a Pod', () => {
  test('in which a container that is left out mounts the claim by its name', async () => {
    const spec = { containers: [container('app'), helper(mounts)] };
    const pod = await api.client.create(labelledPod(api, 'excluding', spec));
    expect(pod.spec.containers[1]?.volumeMounts).toContainEqual(mounts.volumeMounts[0]);
    expect(pod.spec.volumes).toContainEqual({
      name: 'buffer',
      persistentVolumeClaim: { claimName: bindingNameOf(pod) },
    });
  });

  test('made from its YAML, in which that container mounts the new claim', async () => {
    const spec = { containers: [container('app'), helper(mounts)] };
    const { metadata, spec: stored } = await api.client.create(labelledPod(api, 'excluding', spec));
    const { labels = {}, annotations = {} } = metadata;
    const { nodeName: _, ...rest } = stored;
    const copy = await api.client.create<Pod>({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'copy-', namespace: api.namespace, labels, annotations },
      spec: rest,
    });
    expect(bindingNameOf(copy)).not.toBe(bindingNameOf({ ...copy, metadata }));
    expect(copy.spec.containers[1]?.volumeMounts).toContainEqual(mounts.volumeMounts[0]);
    expect(JSON.stringify(copy.spec.volumes)).not.toContain(bindingNameOf({ ...copy, metadata }));
  });

  test('that brings along what the sidecar mounts', async () => {
    const pod = await api.client.create(labelledPod(api, 'borrowing', withCerts));
    expect(pod.spec.initContainers?.[0]?.volumeMounts).toContainEqual({
      name: 'certs',
      mountPath: '/certs',
    });
  });
});
