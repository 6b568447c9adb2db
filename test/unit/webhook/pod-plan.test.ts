import { describe, expect, test } from '@jest/globals';
import { podPlan, type PodObservation } from '../../../webhook/pod-plan.ts';
import type { FluentPVCSpec } from '../../../src/api/fluentpvc.ts';
import { admissionName, annotations, finalizers, labels } from '../../../src/api/names.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { applyOperations } from '../../../src/core/inject.ts';
import { make, T0 } from '../../support/make.ts';
import '../../support/one-realm.ts';

const name = admissionName({ name: 'logs', uid: 'fluentpvc-uid' }, 'request-uid');
function plan(change: Partial<PodObservation> = {}): ReturnType<typeof podPlan> {
  return podPlan({
    now: T0,
    request: { uid: 'request-uid', namespace: 'shop' },
    pod: make.newPod(),
    fluentPVC: make.fluentPVC(),
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival: undefined,
    defaults: make.defaults,
    ...change,
  });
}
const withSpec = (spec: Partial<FluentPVCSpec>): Partial<PodObservation> => ({
  fluentPVC: make.fluentPVC({ spec }),
});
function patched(change: Partial<PodObservation> = {}): Pod {
  const { answer } = plan(change);
  if (!answer.allowed) throw new Error(answer.denial.message);
  return applyOperations(change.pod ?? make.newPod(), answer.operations ?? []);
}

test('a Pod that asks for nothing is left alone', () => {
  const pod = make.newPod({ metadata: { labels: { app: 'x' } } });
  expect(plan({ pod })).toEqual({ answer: { allowed: true }, writes: [] });
});

describe('an admitted Pod', () => {
  test('gets the label of its binding and the record of what was injected', () => {
    const spec = {
      commonEnvs: [{ name: 'A' }],
      commonVolumes: [{ name: 'v' }],
      commonVolumeMounts: [{ name: 'v', mountPath: '/v' }],
    };
    const { metadata } = patched(withSpec(spec));
    expect(metadata.labels).toEqual({ [labels.fluentPVC]: 'logs', [labels.binding]: name });
    expect(Object.keys(metadata.annotations ?? {})).toEqual([annotations.injected]);
    expect(JSON.parse(metadata.annotations?.[annotations.injected] ?? '')).toEqual({
      fluentPVC: 'logs',
      sidecar: 'fluentd',
      volumes: ['v', 'logs'],
      envs: ['A'],
    });
  });
  test('lends the sidecar a volume that only the Pod defines', () => {
    const certs = { name: 'certs', mountPath: '/certs' };
    const fluentd = make.container('fluentd', { volumeMounts: [certs] });
    const containers = [make.container('app')];
    const pod = make.newPod({ spec: { containers, volumes: [{ name: 'certs' }] } });
    const { initContainers } = patched({
      pod,
      ...withSpec({ sidecarContainerTemplate: fluentd }),
    }).spec;
    expect(initContainers?.[0]?.volumeMounts).toContainEqual(certs);
  });
  test('keeps labels and annotations of its own', () => {
    const pod = make.newPod({
      metadata: { labels: { [labels.fluentPVC]: 'logs', app: 'x' }, annotations: { note: 'y' } },
    });
    const { metadata } = patched({ pod });
    expect(metadata.labels).toMatchObject({ app: 'x' });
    expect(metadata.annotations).toMatchObject({ note: 'y' });
  });
  test('gets sidecar, claim, mounts and envs', () => {
    const { spec } = patched(withSpec({ commonEnvs: [{ name: 'A', value: '1' }] }));
    const parts = {
      env: [{ name: 'A', value: '1' }],
      volumeMounts: [{ name: 'logs', mountPath: '/var/log/app' }],
    };
    expect(spec).toEqual({
      containers: [{ ...make.container('app'), ...parts }],
      initContainers: [{ ...make.container('fluentd'), ...parts, restartPolicy: 'Always' }],
      volumes: [{ name: 'logs', persistentVolumeClaim: { claimName: name } }],
    });
  });
  const modes = {
    "by the operator's default": { change: {}, native: true },
    'by the FluentPVC': { change: withSpec({ sidecarMode: 'Regular' as const }), native: false },
    'by another default': {
      change: { defaults: { ...make.defaults, sidecarMode: 'Regular' as const } },
      native: false,
    },
  };
  test.each(Object.entries(modes))('has the mode of the sidecar %s', (_, { change, native }) => {
    const { initContainers = [], containers } = patched(change).spec;
    const names = (native ? initContainers : containers).map((container) => container.name);
    expect(names).toContain('fluentd');
  });

  test('is told what of it was replaced, in 256 characters', () => {
    const env = [{ name: 'A', value: 'mine'.repeat(100) }];
    const pod = make.newPod({ spec: { containers: [make.container('app', { env })] } });
    const { answer } = plan({ pod, ...withSpec({ commonEnvs: [{ name: 'A', value: 'b' }] }) });
    expect(answer.warnings).toHaveLength(1);
    expect(answer.warnings?.[0]).toMatch(
      /^container "app": env "A": \{"value":"minemine.*… of the Pod is replaced by \{"value":"b"\} of FluentPVC "logs"$/,
    );
    expect(answer.warnings?.[0]?.length).toBeLessThanOrEqual(256);
  });
  test('is told both values, however long the names', () => {
    const [long, longer] = ['c'.repeat(63), 'E'.repeat(200)];
    const env = [{ name: longer, value: 'mine' }];
    const pod = make.newPod({ spec: { containers: [make.container(long, { env })] } });
    const { answer } = plan({
      pod,
      ...withSpec({ commonEnvs: [{ name: longer, value: 'ours' }] }),
    });
    expect(answer.warnings?.[0]).toMatch(/"mine".*"ours"/);
    expect(answer.warnings?.[0]?.length).toBeLessThanOrEqual(256);
  });
  test('is told nothing where nothing was replaced', () => {
    expect(plan().answer).toMatchObject({ warnings: [] });
  });
});

describe('what is stored', () => {
  const [claim, binding] = plan().writes.map(({ object }) => object);
  test('is the claim and the binding, of one name and one admission', () => {
    expect([claim?.kind, binding?.kind]).toEqual(['PersistentVolumeClaim', 'FluentPVCBinding']);
    for (const object of [claim, binding])
      expect(object?.metadata).toMatchObject({
        name,
        namespace: 'shop',
        labels: { [labels.fluentPVC]: 'logs', [labels.binding]: name },
        annotations: { [annotations.admissionId]: 'request-uid' },
      });
  });
  test('is a claim that nobody owns and our finalizer keeps', () => {
    expect(claim?.metadata).toMatchObject({ finalizers: [finalizers.claim] });
    expect(claim?.metadata).not.toHaveProperty('ownerReferences');
  });
  test('is a binding that the FluentPVC owns, with a snapshot', () => {
    expect(binding).toMatchObject({
      metadata: {
        finalizers: [finalizers.binding],
        ownerReferences: [{ kind: 'FluentPVC', uid: 'fluentpvc-uid' }],
      },
      spec: { snapshot: JSON.stringify(make.snapshot()) },
    });
  });
  test('has the same names for the same request, and others for another', () => {
    const names = (uid: string): unknown[] =>
      plan({ request: { uid, namespace: 'shop' } }).writes.map(
        ({ object }) => object.metadata.name,
      );
    expect(names('request-uid')).toEqual([name, name]);
    expect(names('other')).not.toEqual([name, name]);
  });
});
