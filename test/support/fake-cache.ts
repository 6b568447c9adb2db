import { keyOf, type KubeObject, type ObjectKey, type Stored } from '../../src/api/object.ts';
import type { Cache } from '../../src/kube/cache.ts';
import type { Change } from '../../src/kube/delivery.ts';
import { Pulse } from '../../src/kube/pulse.ts';
import { FakeClock } from './fake-clock.ts';

/** A cache that shows what the test puts into it. */
export interface FakeCache<T extends KubeObject> extends Cache<T> {
  resourceVersion: string;
  unbrokenSince: number;
  /** As the watch would: changes the content, then tells the watchers. */
  set(object: Stored<T>): void;
  remove(object: Stored<T>, type?: 'removed' | 'missed'): void;
}

export function fakeCache<T extends KubeObject>(
  objects: readonly Stored<T>[] = [],
  index: (object: Stored<T>) => string | undefined = () => undefined,
): FakeCache<T> {
  const content = new Map<ObjectKey, Stored<T>>(
    objects.map((object) => [keyOf(object.metadata), object]),
  );
  const watchers: ((change: Change<T>) => void)[] = [];
  const tell = (change: Change<T>): void => {
    for (const watcher of watchers) watcher(change);
  };
  return {
    get: (key) => content.get(key),
    byIndex: (value) => [...content.values()].filter((object) => index(object) === value),
    values: () => content.values(),
    onChange: (watcher) => {
      watchers.push(watcher);
    },
    start: () => Promise.resolve(),
    synced: Promise.resolve(),
    resourceVersion: '1000',
    unbrokenSince: 0,
    health: new Pulse(new FakeClock()),
    set(object) {
      content.set(keyOf(object.metadata), object);
      tell({ type: 'set', object });
    },
    remove(object, type = 'removed') {
      content.delete(keyOf(object.metadata));
      tell({ type, object });
    },
  };
}
