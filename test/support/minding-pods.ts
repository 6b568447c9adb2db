import { bindingKeyBy } from '../../controllers/caches.ts';
import { createFleets } from '../../controllers/pod/fleets.ts';
import { createPodDecider } from '../../controllers/pod/pod.ts';
import type { Binding } from '../../src/api/binding.ts';
import { labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { ContainerStatus, Pod } from '../../src/api/pod.ts';
import type { Plan } from '../../src/core/plan.ts';
import { budgetRefusal } from './eviction.ts';
import { fakeCache, type FakeCache } from './fake-cache.ts';
import { FakeClock } from './fake-clock.ts';
import { make } from './make.ts';
import { deeds } from './said.ts';

/** A Pod whose sidecar crashed after so many seconds, and is in that state now. */
export const crashed = (seconds: number, state: ContainerStatus['state']): Stored<Pod> =>
  make.pod({
    status: {
      phase: 'Running',
      initContainerStatuses: [
        {
          name: 'fluentd',
          restartCount: 1,
          state: state ?? {},
          lastState: make.terminated(1, seconds),
        },
      ],
      containerStatuses: [make.running('app')],
      conditions: [{ type: 'Ready', status: 'False' }],
    },
  });

/** A Pod whose sidecar has failed. */
export const failing = crashed(50, { waiting: { reason: 'CrashLoopBackOff' } });

/** A decider of the pod controller, what it looks at, and an API server that answers as told. */
export interface Minding {
  clock: FakeClock;
  pods: FakeCache<Pod>;
  decide: (key: string) => Promise<Plan>;
  settled: (key: string, error?: unknown) => void;
  /** Decides, and has the API server answer what is written with that error, or well. */
  verbs: (error?: Error, key?: string) => Promise<string[]>;
  /** The same with a disruption budget that refuses. */
  held: () => Promise<string[]>;
}

export function mindPods(
  pod: Stored<Pod> = failing,
  binding: Stored<Binding> = make.binding(),
): Minding {
  const clock = new FakeClock();
  const pods = fakeCache<Pod>([pod], bindingKeyBy(labels.binding));
  const decider = createPodDecider({
    caches: { pods },
    fleets: createFleets({ pods, bindings: fakeCache([binding]), clock }),
    clock,
    evictionTimeoutMs: 300_000,
  });
  const { signal } = new AbortController();
  const decide = (key: string): Promise<Plan> => decider.decide(key, signal);
  const verbs = async (error?: Error, key = 'shop/app-0'): Promise<string[]> => {
    const { writes } = await decide(key);
    if (writes.length > 0) decider.settled(key, error);
    return deeds(writes);
  };
  const held = (): Promise<string[]> => verbs(budgetRefusal());
  return { clock, pods, decide, settled: decider.settled, verbs, held };
}
