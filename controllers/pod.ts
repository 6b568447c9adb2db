import { labels } from '../src/api/names.ts';
import type { ObjectKey } from '../src/api/object.ts';
import { mountsClaim } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import type { Plan } from '../src/core/plan.ts';
import { bindingKeyBy, type Caches } from './caches.ts';
import { sidecarPlan } from './sidecar-plan.ts';

/** Follows Pods for the sake of their sidecars. */
export function createPodDecider(options: {
  caches: Pick<Caches, 'pods' | 'bindings'>;
  clock: Clock;
  evictionTimeoutMs: number;
}): (key: ObjectKey) => Promise<Plan> {
  const { caches, clock, evictionTimeoutMs } = options;
  const bindingKey = bindingKeyBy(labels.binding);
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
    return sidecarPlan({ now: clock.now(), pod, sidecar, evictionTimeoutMs });
  };
  return (key) => Promise.resolve(decide(key));
}
