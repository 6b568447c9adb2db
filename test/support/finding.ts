import { createNodeMemory } from '../../controllers/binding/in-use/node-memory.ts';
import { createPodFinder } from '../../controllers/binding/in-use/pod-sight.ts';
import type { Binding } from '../../src/api/binding.ts';
import { createdAt, type KubeObject, type Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { fakeCaches, type FakeCaches } from './fake-caches.ts';
import { FakeClock } from './fake-clock.ts';
import { KEY, make, NAME, T0 } from './make.ts';
import { memoryApi, type MemoryApi } from './memory-api.ts';

export const known = make.binding({ status: { nodeName: 'node-1' } });
export const unknown = make.binding({
  spec: { pod: { name: '', uid: '' }, pvc: { name: NAME, uid: '' } },
});
export const stranger = make.pod({ metadata: { name: 'x', uid: 'x-uid' }, spec: { volumes: [] } });
export const node = (change: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  ...{ status: { conditions: [{ type: 'Ready', status: 'True' }] } },
  ...change,
});
export const nodeLease = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'node-1', namespace: 'kube-node-lease' },
  spec: { renewTime: '2026-01-01T00:00:30.500000Z' },
};

export interface Setup {
  caches: FakeCaches;
  api: MemoryApi;
  clock: FakeClock;
  find: (
    now?: number,
    admittedAt?: number,
    /** As it is by then. */
    of?: Stored<Binding>,
    /** What the clock of the API server says then; `null`: it does not say. */
    servedAt?: number | null,
  ) => ReturnType<ReturnType<typeof createPodFinder>['find']>;
  asked: () => string[];
  forget: () => void;
}
export function setup(binding = known, cached: Stored<Pod>[] = [], live: KubeObject[] = []): Setup {
  const caches = fakeCaches({ bindings: [binding], pods: cached });
  const api = memoryApi(...live);
  const clock = new FakeClock();
  const finder = createPodFinder({
    ...caches,
    client: api,
    clock,
    nodeMemory: createNodeMemory(clock),
  });
  return {
    caches,
    api,
    clock,
    find: (now = T0 + 100_000, admittedAt = createdAt(binding), of = binding, servedAt = now) => {
      api.servedAt = servedAt ?? undefined;
      return finder.find(of, admittedAt, now, new AbortController().signal);
    },
    asked: () => api.requests.map(({ verb, kind }) => `${verb} ${kind}`),
    forget: () => {
      finder.forget(KEY);
    },
  };
}
