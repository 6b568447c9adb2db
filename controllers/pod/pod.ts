import type { ObjectKey } from '../../src/api/object.ts';
import { isReady } from '../../src/api/pod.ts';
import type { Clock } from '../../src/clock.ts';
import type { Plan } from '../../src/core/plan.ts';
import { ApiError } from '../../src/kube/api-error.ts';
import type { Caches } from '../caches.ts';
import type { Decider } from '../controller.ts';
import { createEvictions } from './evictions.ts';
import type { Fleet } from './fleet.ts';
import type { Fleets } from './fleets.ts';
import { sidecarPlan } from './sidecar-plan.ts';

/** A try to delete a Pod that has not ended yet. */
interface Try {
  uid: string;
  fleet: Fleet;
}

/** Follows Pods for the sake of their sidecars. */
export function createPodDecider(options: {
  caches: Pick<Caches, 'pods'>;
  fleets: Fleets;
  clock: Clock;
  evictionTimeoutMs: number;
}): Required<Decider> {
  const { caches, fleets, clock, evictionTimeoutMs } = options;
  const evictions = createEvictions(clock);
  const tries = new Map<ObjectKey, Try>();
  caches.pods.onChange(({ type, object }) => {
    if (type !== 'set') evictions.forget(object.metadata.uid);
  });

  const decide = (key: ObjectKey): Plan => {
    const pod = caches.pods.get(key);
    if (pod === undefined) return { writes: [], reason: 'the Pod is gone' };
    const { uid } = pod.metadata;
    const fleet = fleets.of(uid);
    const failure = fleet?.failureOf(uid);
    if (fleet === undefined || failure === undefined) {
      // Between two crashes of a loop all looks well for a moment: only a Ready Pod starts over.
      if (isReady(pod)) evictions.forget(uid);
      return { writes: [], reason: 'there is no failed sidecar' };
    }
    const plan = sidecarPlan({
      now: clock.now(),
      pod,
      failure,
      turn: fleet.turn(uid, clock.now()),
      eviction: evictions.of(uid),
      evictionTimeoutMs,
    });
    remember(key, plan, { uid, fleet });
    return plan;
  };

  const remember = (key: ObjectKey, { writes }: Plan, one: Try): void => {
    for (const write of writes) {
      if (write.verb === 'evict' || write.verb === 'delete') {
        one.fleet.ask(one.uid);
        tries.set(key, one);
      } else if (write.verb === 'event' && write.reason === 'DeletionWaits') {
        evictions.told(one.uid, 'waitTold');
      } else if (write.verb === 'event' && write.reason === 'EvictionRefused') {
        evictions.told(one.uid, 'holdTold');
      }
    }
  };

  return {
    decide: (key) => Promise.resolve(decide(key)),
    settled(key, error) {
      const one = tries.get(key);
      if (one === undefined) return;
      tries.delete(key);
      if (caches.pods.get(key)?.metadata.uid === one.uid) evictions.ended(one.uid, error);
      // Without an answer it may have been done: only a no is none.
      one.fleet.answer(one.uid, !(error instanceof ApiError), clock.now());
    },
  };
}
