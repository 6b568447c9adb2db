import type { Binding } from '../src/api/binding.ts';
import { labels } from '../src/api/names.ts';
import type { ObjectKey, Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import type { Cache } from '../src/kube/cache.ts';
import { bindingKeyBy } from './caches.ts';

/** Pods as they were when the watch told that they are not there any more. */
export interface RemovedPods {
  /** Those that carried the label of the binding. Anybody may give a Pod our label. */
  of(key: ObjectKey): Stored<Pod>[];
  forget(key: ObjectKey): void;
}

/**
 * For so long a Pod is remembered whose binding is not known: the two have watches of their own, and
 * that of the bindings may be behind by the longest wait between two tries, several times.
 */
const WITHOUT_BINDING_MS = 10 * 60_000;

export function rememberRemoved({
  pods,
  bindings,
  clock,
}: {
  pods: Cache<Pod>;
  bindings: Cache<Binding>;
  clock: Clock;
}): RemovedPods {
  const bindingKey = bindingKeyBy(labels.binding);
  /** By binding, the oldest first. */
  const removed = new Map<ObjectKey, { at: number; byUid: Map<string, Stored<Pod>> }>();

  const expire = (now: number): void => {
    for (const [key, { at }] of removed) {
      if (now - at < WITHOUT_BINDING_MS) return;
      if (bindings.get(key) === undefined) removed.delete(key);
    }
  };

  pods.onChange(({ type, object }) => {
    const key = bindingKey(object);
    if (key === undefined) return;
    if (type !== 'removed') {
      removed.get(key)?.byUid.delete(object.metadata.uid);
      return;
    }
    const now = clock.now();
    expire(now);
    const entry = removed.get(key) ?? { at: now, byUid: new Map<string, Stored<Pod>>() };
    entry.byUid.set(object.metadata.uid, object);
    removed.set(key, entry);
  });

  return {
    of: (key) => [...(removed.get(key)?.byUid.values() ?? [])],
    forget: (key) => {
      removed.delete(key);
    },
  };
}
