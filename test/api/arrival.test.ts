import { describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingNameOf, claimOf, openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  const commonVolumes = [{ name: 'common', emptyDir: {} }];
  const commonVolumeMounts = [{ name: 'common', mountPath: '/common' }];
  await api.client.create(fluentPVC('exported', { commonVolumes, commonVolumeMounts }));
});

/** As `kubectl get -o yaml` gives it, for another name and any node. */
function exported({ metadata, spec }: Stored<Pod>, name: string): Pod {
  const { nodeName: _node, ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: api.namespace,
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
    },
    spec: rest,
  };
}

describe('a Pod made from the YAML of another', () => {
  test('gets a claim of its own, never the other’s', async () => {
    const first = await api.client.create(labelledPod(api, 'exported'));
    const second = await api.client.create(exported(first, 'copy'));
    const [one, other] = [bindingNameOf(first), bindingNameOf(second)];
    expect(other).not.toBe(one);
    expect(await claimOf(api, other)).toBeDefined();
    expect(JSON.stringify(second)).not.toContain(one);
    expect(second.spec.volumes?.map(({ name }) => name).toSorted()).toEqual(
      first.spec.volumes?.map(({ name }) => name).toSorted(),
    );
    expect(second.spec.initContainers).toHaveLength(1);
    expect(second.spec.containers[0]?.volumeMounts?.map((one) => one.mountPath).toSorted()).toEqual(
      first.spec.containers[0]?.volumeMounts?.map((one) => one.mountPath).toSorted(),
    );
  });
  test('that is gone gets one too', async () => {
    const first = await api.client.create(labelledPod(api, 'exported'));
    const ref = { kind: 'Pod', namespace: api.namespace, name: first.metadata.name } as const;
    await api.kubectl('delete', 'pod', ref.name, '--force', '--grace-period=0');
    const second = await api.client.create(exported(first, 'heir'));
    expect(bindingNameOf(second)).not.toBe(bindingNameOf(first));
  });
  test('and without our annotation and label loses the other’s claim as well', async () => {
    const first = await api.client.create(labelledPod(api, 'exported'));
    const pod = exported(first, 'bare');
    const { [annotations.injected]: _record, ...others } = pod.metadata.annotations ?? {};
    const second = await api.client.create({
      ...pod,
      metadata: { ...pod.metadata, annotations: others },
    });
    expect(JSON.stringify(second)).not.toContain(bindingNameOf(first));
  });
});

test('a create that fails with AlreadyExists harms nothing', async () => {
  const pod = { ...labelledPod({ ...api, name: 'stable-0' }, 'exported') };
  const first = await api.client.create(pod);
  await expect(api.client.create(pod)).rejects.toMatchObject({
    code: 409,
    reason: 'AlreadyExists',
  });
  const name = bindingNameOf(first);
  expect(await claimOf(api, name)).toMatchObject({ metadata: { name } });
  const still = await api.client.get<Pod>({
    kind: 'Pod',
    namespace: api.namespace,
    name: 'stable-0',
  });
  expect(still?.metadata.uid).toBe(first.metadata.uid);
});

describe('feedback', () => {
  const events = async (kind: string, name: string): Promise<string> =>
    api
      .kubectl(
        'get',
        'events.v1.events.k8s.io',
        '-o',
        [
          'jsonpath={range .items[?(@.regarding.kind=="',
          kind,
          '")]}{.regarding.name} {.type} {.reason} {.note}{"\\n"}{end}',
        ].join(''),
      )
      .then((text) =>
        text
          .split('\n')
          .filter((line) => line.startsWith(name))
          .join('\n'),
      );

  test('a Pod is told what was put into it', async () => {
    const pod = await api.client.create(labelledPod(api, 'exported'));
    const told = await eventually('the Event', async () => {
      const text = await events('Pod', pod.metadata.name);
      return text.includes('Injected') ? text : undefined;
    });
    expect(told).toContain(`Normal Injected PVC "${bindingNameOf(pod)}" and sidecar "shipper"`);
  });
  test('a ReplicaSet is told why its Pods are denied', async () => {
    const app = { app: 'denied' };
    const replicaSet: KubeObject & { spec: object } = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'denied', namespace: api.namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: app },
        template: {
          metadata: { labels: { ...app, [labels.fluentPVC]: 'missing' } },
          spec: { containers: [container('app')] },
        },
      },
    };
    await api.kubectl.feed('create', replicaSet);
    const told = await eventually('the Event', async () => {
      const text = await events('ReplicaSet', 'denied');
      return text.includes('InjectionDenied') ? text : undefined;
    });
    expect(told).toContain('FluentPVCNotFound: there is no FluentPVC "missing"');
    expect(told.match(/InjectionDenied/g)).toHaveLength(1);
  });
});
