import { describe, expect, test } from '@jest/globals';
import type { FluentPVCSpec } from '../../../src/api/fluentpvc.ts';
import { annotations, labels } from '../../../src/api/names.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { applyOperations } from '../../../src/core/inject.ts';
import { podPlan, type PodPlan } from '../../../webhook/pod-plan.ts';
import { make, T0 } from '../../support/make.ts';
import '../../support/one-realm.ts';

/*
 * Pods as people and programs write them, not as types have them.
 */

const common: Partial<FluentPVCSpec> = { commonEnvs: [{ name: 'DIR', value: '/var/log/app' }] };
function plan(pod: object): PodPlan {
  return podPlan({
    now: T0,
    request: { uid: 'request-uid', namespace: 'shop' },
    pod: pod as Pod,
    fluentPVC: make.fluentPVC({ spec: common }),
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival: undefined,
    defaults: make.defaults,
  });
}
function patched(pod: object): Pod {
  const { answer } = plan(pod);
  if (!answer.allowed) throw new Error(answer.denial.message);
  return applyOperations(pod as Pod, answer.operations ?? []);
}
const label = { [labels.fluentPVC]: 'logs' };
const app = make.container('app');
const raw = (spec: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { labels: label, ...metadata },
  spec: { containers: [app], ...spec },
});

describe('admitted is a Pod', () => {
  const cases: Record<string, object> = {
    'with nothing but its label': raw({}),
    'with a name that is to be made': raw({}, { generateName: 'app-' }),
    'without annotations': raw({}, { annotations: null }),
    'with no annotation': raw({}, { annotations: {} }),
    'with nulls for lists': raw({
      initContainers: null,
      volumes: null,
      tolerations: null,
      imagePullSecrets: null,
      ephemeralContainers: null,
      containers: [{ ...app, env: null, volumeMounts: null, volumeDevices: null, envFrom: null }],
    }),
    'with nulls for objects': raw({ securityContext: null, affinity: null }),
    'that is bound to a node already': raw({ nodeName: 'node-1' }),
  };
  test.each(Object.entries(cases))('%s', (_, pod) => {
    const after = patched(pod);
    expect(after.metadata.labels?.[labels.binding]).toBeDefined();
    expect(after.metadata.annotations?.[annotations.injected]).toBeDefined();
    expect(after.spec.containers[0]).toMatchObject({
      env: common.commonEnvs,
      volumeMounts: [{ name: 'logs' }],
    });
    expect(after.spec.initContainers).toMatchObject([{ name: 'fluentd' }]);
    expect(after.spec.volumes).toMatchObject([{ name: 'logs' }]);
  });
});

describe('what a Pod has for itself stays as it is', () => {
  const spec = {
    hostNetwork: true,
    hostPID: true,
    dnsPolicy: 'ClusterFirstWithHostNet',
    os: { name: 'linux' },
    shareProcessNamespace: true,
    nodeName: 'node-1',
    priority: 7,
    overhead: { cpu: '1' },
    resources: { limits: { cpu: '4' } },
    schedulingGates: [{ name: 'example.com/wait' }],
    ephemeralContainers: [{ name: 'debug', env: [{ name: 'DIR', value: '/mine' }] }],
    'x-of-the-future': { a: [null] },
  };
  test('in its spec', () => {
    expect(patched(raw(spec)).spec).toMatchObject(spec);
  });
  test('in a container', () => {
    const own = {
      envFrom: [{ configMapRef: { name: 'settings' } }],
      ports: [{ containerPort: 80, hostPort: 80 }],
      livenessProbe: null,
      'x-of-the-future': 1,
    };
    expect(patched(raw({ containers: [{ ...app, ...own }] })).spec.containers[0]).toMatchObject(
      own,
    );
  });
  test('an env that stands twice: the later one holds, and they stay in order', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)' },
      { name: 'A', value: '2' },
    ];
    const { containers } = patched(raw({ containers: [{ ...app, env }] })).spec;
    expect(containers[0]?.env).toEqual([...env, ...(common.commonEnvs ?? [])]);
  });
});

test('an env of ours that stands twice in the Pod stands once, and both values are told', () => {
  const env = [
    { name: 'DIR', value: '/first' },
    { name: 'A', value: '$(DIR)' },
    { name: 'DIR', value: '/last' },
  ];
  const pod = raw({ containers: [{ ...app, env }] });
  const [ours] = common.commonEnvs ?? [];
  expect(patched(pod).spec.containers[0]?.env).toEqual([ours, env[1]]);
  expect(plan(pod).answer.warnings).toEqual([
    expect.stringContaining('/first'),
    expect.stringContaining('/last'),
  ]);
});

test('of a Pod whose name is to be made the binding learns the name later', () => {
  const [, binding] = plan(raw({}, { generateName: 'app-' })).writes;
  expect(binding?.object).toMatchObject({ spec: { pod: { name: '', uid: '' } } });
});

describe('denied, with nothing to write, is a Pod', () => {
  const cases: Record<string, { pod: object; reason: string; says: string }> = {
    'without containers: the API server sends null': {
      pod: raw({ containers: null }),
      reason: 'NoContainerLeft',
      says: 'the Pod has no containers',
    },
    'with no container in the list': {
      pod: raw({ containers: [] }),
      reason: 'NoContainerLeft',
      says: 'the Pod has no containers',
    },
    'that shows what a kubelet runs from a file': {
      pod: raw({ nodeName: 'node-1' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      reason: 'StaticPod',
      says: labels.fluentPVC,
    },
    'without containers that arrives with a binding': {
      pod: raw({ containers: null }, { labels: { ...label, [labels.binding]: 'x' } }),
      reason: 'NoContainerLeft',
      says: 'the Pod has no containers',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { pod, reason, says }) => {
    expect(plan(pod)).toEqual({
      answer: {
        allowed: false,
        denial: { reason, code: 422, message: expect.stringContaining(says) as unknown },
      },
      writes: [],
    });
  });
});
