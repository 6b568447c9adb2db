import { describe, expect, test } from '@jest/globals';
import type { FluentPVCSpec } from '../../../src/api/fluentpvc.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { applyOperations } from '../../../src/core/inject.ts';
import { podPlan, type PodObservation, type PodPlan } from '../../../webhook/pod-plan.ts';
import { make, T0 } from '../../support/make.ts';
import '../../support/one-realm.ts';

function plan(spec: Partial<FluentPVCSpec>, change: Partial<PodObservation> = {}): PodPlan {
  return podPlan({
    now: T0,
    request: { uid: 'request-uid', namespace: 'shop' },
    pod: make.newPod(),
    fluentPVC: make.fluentPVC({ spec }),
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival: undefined,
    defaults: make.defaults,
    ...change,
  });
}
const patched = ({ answer }: PodPlan, pod: Pod = make.newPod()): Pod =>
  applyOperations(pod, answer.allowed ? (answer.operations ?? []) : []);
const claimOf = ({ writes }: PodPlan): unknown => writes[0]?.object;
const asking = (values: Record<string, string>): Pod =>
  make.newPod({ metadata: { ...make.newPod().metadata, annotations: values } });

describe('namespaceSelector', () => {
  const namespaceSelector = { matchLabels: { team: 'red' } };
  test('admits the Pods of namespaces that it selects', () => {
    const { answer } = plan({ namespaceSelector }, { namespaceLabels: { team: 'red' } });
    expect(answer.allowed).toBe(true);
  });
  test.each([undefined, {}, { team: 'blue' }])('denies others (%j)', (namespaceLabels) => {
    expect(plan({ namespaceSelector }, { namespaceLabels })).toEqual({
      answer: {
        allowed: false,
        denial: {
          reason: 'NamespaceNotSelected',
          code: 403,
          message: expect.stringMatching(/"logs".*"shop"/) as unknown,
        },
      },
      writes: [],
    });
  });
});

describe('overrides', () => {
  test('change claim and sidecar, not the binding’s snapshot', () => {
    const values = {
      [annotations.override('storage-size')]: '7Gi',
      [annotations.override('sidecar-resources')]: '{"limits":{"cpu":"1"}}',
    };
    const pod = asking(values);
    const decided = plan({}, { pod });
    expect(claimOf(decided)).toMatchObject({
      spec: { resources: { requests: { storage: '7Gi' } } },
    });
    expect(patched(decided, pod).spec.initContainers?.[0]).toMatchObject({
      resources: { limits: { cpu: '1' } },
    });
    expect(decided.writes[1]?.object).toMatchObject({
      spec: {
        snapshot: (plan({}).writes[1]?.object as { spec?: { snapshot?: string } }).spec?.snapshot,
      },
    });
  });
  test('that are wrong are a denial with all of them', () => {
    const pod = asking({
      [annotations.override('storage-size')]: 'x',
      [annotations.override('sidecar-image')]: 'y',
    });
    expect(plan({}, { pod })).toMatchObject({
      answer: {
        denial: {
          reason: 'OverrideInvalid',
          code: 422,
          message: expect.stringMatching(/storage-size .*; .*sidecar-image/) as unknown,
        },
      },
      writes: [],
    });
  });
  test('that no API server would take are a denial before anything is written', () => {
    const value = '{"requests":{"memory":"65Mi"},"limits":{"memory":"64Mi"}}';
    const pod = asking({ [annotations.override('sidecar-resources')]: value });
    expect(plan({}, { pod })).toMatchObject({
      answer: {
        denial: {
          reason: 'OverrideInvalid',
          message: expect.stringMatching(/memory: 65Mi is requested, 64Mi the limit/) as unknown,
        },
      },
      writes: [],
    });
  });
  test('of another program’s group are none of our business', () => {
    expect(plan({}, { pod: asking({ 'example.com/storage-size': 'x' }) }).answer.allowed).toBe(
      true,
    );
  });
});

test('pvcMetadata is on the claim, and ours holds', () => {
  const ours = (claimOf(plan({})) as { metadata: { labels: object; annotations: object } })
    .metadata;
  const [label = ''] = Object.keys(ours.labels);
  const pvcMetadata = {
    labels: { team: 'red', [label]: 'x' },
    annotations: { 'backup/enabled': 'yes', [annotations.admissionId]: 'x' },
  };
  expect(claimOf(plan({ pvcMetadata }))).toMatchObject({
    metadata: {
      labels: { team: 'red', ...ours.labels },
      annotations: { 'backup/enabled': 'yes', ...ours.annotations },
    },
  });
});

describe('injection', () => {
  const pod = make.newPod({
    spec: {
      containers: [make.container('app'), make.container('helper')],
      initContainers: [
        make.container('linkerd-proxy', { restartPolicy: 'Always' }),
        make.container('mesh', { restartPolicy: 'Always' }),
      ],
    },
  });
  const order = (spec: Partial<FluentPVCSpec>): (string | undefined)[] | undefined =>
    patched(plan(spec, { pod }), pod).spec.initContainers?.map(({ name }) => name);
  test('of mounts and envs is where the FluentPVC says', () => {
    const after = patched(plan({ injection: { containers: ['app'] } }, { pod }), pod);
    expect(after.spec.containers[0]).toHaveProperty('volumeMounts');
    expect(after.spec.containers[1]).not.toHaveProperty('volumeMounts');
  });
  test('that reaches no container of the Pod is warned of', () => {
    const warnings = (containers: string[]) =>
      plan({ injection: { containers } }, { pod }).answer.warnings;
    expect(warnings(['app'])).toEqual([]);
    expect(warnings([])).toEqual([]);
    expect(warnings(['ap'])).toEqual([expect.stringContaining('injects into ap, and')]);
  });
  test('of the sidecar is after the known meshes', () => {
    expect(order({})).toEqual(['linkerd-proxy', 'fluentd', 'mesh']);
  });
  test('of the sidecar is after whom the FluentPVC names, and no other', () => {
    expect(order({ injection: { after: ['mesh'] } })).toEqual(['linkerd-proxy', 'mesh', 'fluentd']);
    expect(order({ injection: { after: [] } })).toEqual(['fluentd', 'linkerd-proxy', 'mesh']);
  });
});

describe('a Pod that runs to completion', () => {
  const warnings = (
    mode: 'Native' | 'Regular',
    restartPolicy?: 'Always' | 'OnFailure' | 'Never',
  ) => {
    const { containers } = make.newPod().spec;
    const pod = make.newPod({
      spec: { containers, ...(restartPolicy === undefined ? {} : { restartPolicy }) },
    });
    return plan({ sidecarMode: mode }, { pod }).answer.warnings;
  };
  test.each(['OnFailure', 'Never'] as const)('(%s) is warned of a Regular sidecar', (policy) => {
    expect(warnings('Regular', policy)).toEqual([
      expect.stringMatching(new RegExp(`^restartPolicy ${policy}: .*"fluentd".*Native`)),
    ]);
    expect(warnings('Regular', policy)?.[0]?.length).toBeLessThanOrEqual(256);
    expect(warnings('Native', policy)).toEqual([]);
  });
  test('is none that restarts', () => {
    expect(warnings('Regular', 'Always')).toEqual([]);
    expect(warnings('Regular')).toEqual([]);
  });
});

test('what is wrong with a FluentPVC is found out once, not for every Pod', () => {
  let reads = 0;
  const { spec, ...rest } = make.fluentPVC();
  const counted = Object.defineProperty({ ...spec }, 'sidecarMode', {
    enumerable: true,
    get: () => {
      reads += 1;
      return 'Native';
    },
  });
  const fluentPVC = { ...rest, spec: counted };
  const readsOf = (of: typeof fluentPVC): number => {
    const before = reads;
    expect(plan({}, { fluentPVC: of }).answer.allowed).toBe(true);
    return reads - before;
  };
  const [first, second, replaced] = [fluentPVC, fluentPVC, { ...fluentPVC }].map(readsOf);
  expect(second).toBeLessThan(first ?? 0);
  expect(replaced).toBe(first);
});
