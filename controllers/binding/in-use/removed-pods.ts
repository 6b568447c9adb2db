import type { Binding } from '../../../src/api/binding.ts';
import { labels } from '../../../src/api/names.ts';
import type { ObjectKey, Stored } from '../../../src/api/object.ts';
import { mountsClaim, type Pod } from '../../../src/api/pod.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Cache } from '../../../src/kube/cache.ts';
import { bindingKeyBy } from '../../caches.ts';

/** A Pod as it was when the watch told that it is not there any more. */
export interface RemovedPod {
  pod: Stored<Pod>;
  /** When that was told, in ms since the epoch, by our clock. */
  at: number;
}

export interface RemovedPods {
  /** Those that carried the label of the binding and mounted its claim. */
  of(key: ObjectKey): RemovedPod[];
  forget(key: ObjectKey): void;
  /**
   * When the last of those was removed that were forgotten because nobody knew their binding:
   * whoever was admitted before may be one of them.
   */
  readonly expiredUpTo: number;
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
  const removed = new Map<ObjectKey, { at: number; byUid: Map<string, RemovedPod> }>();
  let expiredUpTo = -Infinity;

  const expire = (now: number): void => {
    for (const [key, { at, byUid }] of removed) {
      if (now - at < WITHOUT_BINDING_MS) return;
      if (bindings.get(key) !== undefined) continue;
      removed.delete(key);
      for (const one of byUid.values()) expiredUpTo = Math.max(expiredUpTo, one.at);
    }
  };

  pods.onChange(({ type, object }) => {
    const key = bindingKey(object);
    if (key === undefined) return;
    if (type !== 'removed') {
      removed.get(key)?.byUid.delete(object.metadata.uid);
      return;
    }
    // Anybody may give a Pod our label. The claim of a binding has its name.
    if (!mountsClaim(object, object.metadata.labels?.[labels.binding] ?? '')) return;
    const now = clock.now();
    expire(now);
    const entry = removed.get(key) ?? { at: now, byUid: new Map<string, RemovedPod>() };
    entry.byUid.set(object.metadata.uid, { pod: object, at: now });
    removed.set(key, entry);
  });

  return {
    of: (key) => [...(removed.get(key)?.byUid.values() ?? [])],
    forget: (key) => {
      removed.delete(key);
    },
    get expiredUpTo() {
      return expiredUpTo;
    },
  };
}
