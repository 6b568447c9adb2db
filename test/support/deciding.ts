import { createBindingDecider } from '../../controllers/binding/binding.ts';
import { createNodeMemory } from '../../controllers/binding/in-use/node-memory.ts';
import type { Binding, BindingStatus } from '../../src/api/binding.ts';
import { labels } from '../../src/api/names.ts';
import type { KubeObject, ObjectMeta, Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { CreateRefusal } from '../../src/kube/create-refusal.ts';
import { fakeCaches, type FakeCaches } from './fake-caches.ts';
import { FakeClock } from './fake-clock.ts';
import { KEY, make, NAME } from './make.ts';
import { memoryApi, type MemoryApi } from './memory-api.ts';
import './one-realm.ts';

export const snapshot = JSON.stringify(make.snapshot());
export const outOfUse: BindingStatus = { conditions: [make.condition('OutOfUse')] };
export const jobPod = (name: string, change: Partial<Stored<Pod>> = {}): Stored<Pod> => ({
  ...make.pod({
    metadata: {
      name,
      uid: `${name}-uid`,
      labels: { [labels.finalizerJobOf]: make.binding().metadata.name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: NAME, uid: 'job-uid' }],
    },
  }),
  ...change,
});

export interface Setup {
  caches: FakeCaches;
  api: MemoryApi;
  clock: FakeClock;
  /** `refusal`: what the API server did not take of the plan before. */
  decide: (refusal?: CreateRefusal) => Promise<Plan>;
  asked: () => string[];
}
/** The API server has the binding with its snapshot, the cache has it without, as it keeps it. */
export function setup(
  status: BindingStatus,
  content: Omit<Parameters<typeof fakeCaches>[0], 'bindings'> = {},
  live: KubeObject[] = [],
  spec: Partial<Binding['spec']> = { snapshot },
  metadata: ObjectMeta = {},
): Setup {
  const api = memoryApi(make.binding({ status, spec, metadata }), ...live);
  const stored = api.find('FluentPVCBinding', make.binding().metadata.name) as Stored<Binding>;
  const { snapshot: _snapshot, ...kept } = stored.spec;
  const caches = fakeCaches({ ...content, bindings: [{ ...stored, spec: kept }] });
  const clock = new FakeClock();
  const { defaults } = make;
  const rescueNamespace = 'rescue';
  const nodeMemory = createNodeMemory(clock);
  const working = { caches, client: api, clock, nodeMemory, defaults };
  const decide = createBindingDecider({ ...working, rescueNamespace });
  return {
    caches,
    api,
    clock,
    decide: (refusal) => decide(KEY, new AbortController().signal, refusal),
    asked: () => api.requests.map(({ verb, kind }) => `${verb} ${kind}`),
  };
}
