import { labels } from '../src/api/names.ts';
import type { ObjectKey, Stored } from '../src/api/object.ts';
import { mountsClaim, type Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import type { Plan } from '../src/core/plan.ts';
import { bindingKeyBy, type Caches } from './caches.ts';
import { isReady, sidecarPlan, sidecarTrouble } from './sidecar-plan.ts';

/** Follows Pods for the sake of their sidecars. */
export function createPodDecider(options: {
  caches: Pick<Caches, 'pods' | 'bindings'>;
  clock: Clock;
  evictionTimeoutMs: number;
}): (key: ObjectKey) => Promise<Plan> {
  const { caches, clock, evictionTimeoutMs } = options;
  const bindingKey = bindingKeyBy(labels.binding);
  /** By Pod uid: since when it is to go, in ms since the epoch. */
  const unwantedSince = new Map<string, number>();
  caches.pods.onChange(({ type, object }) => {
    if (type !== 'set') unwantedSince.delete(object.metadata.uid);
  });

  const isOverdue = ({ metadata: { uid } }: Stored<Pod>): boolean => {
    const since = unwantedSince.get(uid) ?? clock.now();
    unwantedSince.set(uid, since);
    return clock.now() - since > evictionTimeoutMs;
  };

  const decide = (key: ObjectKey): Plan => {
    const pod = caches.pods.get(key);
    if (pod === undefined) return { writes: [], reason: 'the Pod is gone' };
    const binding = caches.bindings.get(bindingKey(pod) ?? '');
    // By label and claim, never by name: anybody may give a Pod our label.
    if (binding === undefined || !mountsClaim(pod, binding.spec.pvc.name)) {
      return { writes: [], reason: 'the Pod has no binding' };
    }
    const { sidecar } = binding.spec;
    if (sidecar === undefined) return { writes: [], reason: 'the binding knows no sidecar' };
    const trouble = sidecarTrouble(pod, sidecar);
    if (trouble === undefined) {
      // Between two crashes of a loop all looks well for a moment: only a Ready Pod starts over.
      if (isReady(pod)) unwantedSince.delete(pod.metadata.uid);
      return { writes: [], reason: 'the sidecar is well' };
    }
    return sidecarPlan({ pod, sidecar, trouble, overdue: isOverdue(pod) });
  };
  return (key) => Promise.resolve(decide(key));
}
