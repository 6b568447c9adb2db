import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { labels } from '../src/api/names.ts';
import type { Stored } from '../src/api/object.ts';
import { collectionPath, type Kind } from '../src/api/resources.ts';
import { pointer } from '../src/core/plan.ts';
import type { Pod } from '../src/api/pod.ts';
import { container, fluentPVC, labelledPod } from '../test/support/manifests.ts';
import { make } from '../test/support/make.ts';
import { podPlan } from '../webhook/pod-plan.ts';
import type { FloorScript } from './floor.ts';

/* The objects that all measurements are made with. */

export const NAMESPACE = 'bench';
export const FLUENT_PVC = 'bench';
/** By path of the floor's webhook: the label of the Pods that it is asked about. */
export const FLOOR_LABELS = {
  '/pod/mutate': 'bench.example/floor',
  '/pod/patch': 'bench.example/floor-patch',
} as const;

/** A FluentPVC with one of everything that is injected. */
export function benchFluentPVC(): FluentPVC {
  return fluentPVC(FLUENT_PVC, {
    commonEnvs: [{ name: 'CLUSTER', value: 'bench' }],
    commonVolumes: [{ name: 'work', emptyDir: {} } as never],
    commonVolumeMounts: [{ name: 'work', mountPath: '/work' }],
  });
}

/** A Pod of so many envs: 1,500 of them make 64 KiB. */
export function plainPod(envs: number, label: Record<string, string> = {}): Pod {
  const env = Array.from({ length: envs }, (_, index) => ({
    name: `VARIABLE_${String(index).padStart(4, '0')}`,
    value: '8-chars.',
  }));
  const pod = labelledPod({ namespace: NAMESPACE }, FLUENT_PVC, {
    containers: [{ ...container('app'), env }],
  });
  return { ...pod, metadata: { ...pod.metadata, labels: { app: 'bench', ...label } } };
}

/** Who is compared, each with the Pods that come to it. */
export const subjects = {
  bare: (envs: number): Pod => plainPod(envs),
  floor: (envs: number): Pod => plainPod(envs, { [FLOOR_LABELS['/pod/mutate']]: 'true' }),
  'floor+patch': (envs: number): Pod => plainPod(envs, { [FLOOR_LABELS['/pod/patch']]: 'true' }),
  operator: (envs: number): Pod => plainPod(envs, { [labels.fluentPVC]: FLUENT_PVC }),
} as const;

/** What the operator writes and answers for a Pod of so many envs: for the floor to do the same. */
export function floorScript(stored: Stored<FluentPVC>, envs: number): FloorScript {
  const placeholder = 'PLACEHOLDER';
  const { writes, answer } = podPlan({
    now: 0,
    request: { uid: placeholder, namespace: NAMESPACE },
    pod: subjects.operator(envs),
    fluentPVC: stored,
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival: undefined,
    defaults: make.defaults,
  });
  if (!answer.allowed) throw new Error(answer.denial.message);
  const [name = ''] = writes.map(({ object }) => object.metadata.name);
  const text = (part: unknown): string =>
    JSON.stringify(part).replaceAll(name, `floor-${placeholder}`);
  const path = `/metadata/labels${pointer(labels.fluentPVC)}`;
  return {
    placeholder,
    writes: writes.map(({ object }) => ({
      path: `${collectionPath(object.kind as Kind, NAMESPACE)}?fieldManager=fluent-pvc-operator`,
      body: text(object),
    })),
    // The operator's Pods bring that label along, and who is guarded must have it.
    patch: text([{ op: 'add', path, value: FLUENT_PVC }, ...(answer.operations ?? [])]),
  };
}
