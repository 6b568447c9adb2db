import type { KubeObject, Stored } from '../api/object.ts';
import type { Cache } from './cache.ts';
import type { WatchEnd, WatchHealth } from './pulse.ts';

/**
 * One cache of several namespaces, each with a watch of its own: for who may not watch all of them.
 * What it says of itself holds for every part: it has come as far as the last of them, is unbroken
 * since the last list of any, and as well as the one that is worst.
 */
export function joinCaches<T extends KubeObject>(parts: ReadonlyMap<string, Cache<T>>): Cache<T> {
  const caches = [...parts.values()];
  return {
    get: (key) => parts.get(key.slice(0, key.indexOf('/')))?.get(key),
    byIndex: (value) => caches.flatMap((cache) => cache.byIndex(value)),
    values: () => valuesOf(caches),
    onChange: (watcher) => {
      for (const cache of caches) cache.onChange(watcher);
    },
    async start(signal) {
      await Promise.all(caches.map((cache) => cache.start(signal)));
    },
    synced: Promise.all(caches.map(({ synced }) => synced)),
    get resourceVersion() {
      return caches.map(({ resourceVersion }) => resourceVersion).reduce(earlier);
    },
    get unbrokenSince() {
      return Math.max(...caches.map(({ unbrokenSince }) => unbrokenSince));
    },
    health: new JoinedHealth(caches.map(({ health }) => health)),
  };
}

function* valuesOf<T extends KubeObject>(
  caches: readonly Cache<T>[],
): Generator<Stored<T>, undefined> {
  for (const cache of caches) yield* cache.values();
}

/** They are whole numbers of any length; empty before the first list. */
function earlier(one: string, other: string): string {
  if (one === '' || other === '') return '';
  return BigInt(one) < BigInt(other) ? one : other;
}

class JoinedHealth implements WatchHealth {
  readonly #parts: readonly WatchHealth[];

  constructor(parts: readonly WatchHealth[]) {
    this.#parts = parts;
  }

  get silentMs(): number {
    return Math.max(...this.#parts.map(({ silentMs }) => silentMs));
  }

  get downMs(): number {
    return Math.max(...this.#parts.map(({ downMs }) => downMs));
  }

  get overdueMs(): number {
    return Math.max(...this.#parts.map(({ overdueMs }) => overdueMs));
  }

  get ends(): ReadonlyMap<WatchEnd, number> {
    const sum = new Map<WatchEnd, number>();
    for (const { ends } of this.#parts) {
      for (const [reason, count] of ends) sum.set(reason, (sum.get(reason) ?? 0) + count);
    }
    return sum;
  }
}
