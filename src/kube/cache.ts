import { keyOf, type KubeObject, type ObjectKey, type Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { KubeClient } from './client.ts';
import { Delivery, type Change, type Watcher } from './delivery.ts';
import { KeyIndex } from './key-index.ts';
import { Pulse, type WatchHealth } from './pulse.ts';
import { reflect, type Sink } from './reflector.ts';
import type { Selection } from './selection.ts';
import type { WatchEvent } from './watch-stream.ts';

/** A local copy of a collection, kept up to date by a watch. */
export interface Cache<T extends KubeObject> {
  get(key: ObjectKey): Stored<T> | undefined;
  /** The objects that the index has under that value. */
  byIndex(value: string): Stored<T>[];
  values(): IterableIterator<Stored<T>>;
  /** A watcher that throws is told again until it takes the change. */
  onChange(watcher: Watcher<T>): void;
  /** Starts, and runs until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when the first list is in. */
  readonly synced: Promise<unknown>;
  /** How far the watch has come. Empty before the first list. */
  readonly resourceVersion: string;
  /**
   * Since when no change was missed: the time of the last list, in ms since the epoch, by the clock
   * of the API server, as the creationTimestamps of objects. `Infinity` while a watcher has yet to
   * take a change.
   */
  readonly unbrokenSince: number;
  /** How its watch is. */
  readonly health: WatchHealth;
}

export interface CacheOptions<T extends KubeObject> extends Selection {
  kind: Kind;
  /** What is kept of an object. Memory is paid for every field, thousands of times. */
  trim: (object: Stored<T>) => Stored<T>;
  /** The value that {@link Cache.byIndex} finds the object by; `undefined`: by none. */
  index?: (object: Stored<T>) => string | undefined;
  client: KubeClient;
  clock: Clock;
  log: Log;
}

/** An empty cache. Nothing starts before `start`. */
export function createCache<T extends KubeObject>(options: CacheOptions<T>): Cache<T> {
  const objects = new Map<ObjectKey, Stored<T>>();
  const index = new KeyIndex();
  const deliveries: Delivery<T>[] = [];
  const pulse = new Pulse(options.clock);
  const synced = Promise.withResolvers<undefined>();
  let resourceVersion = '';
  let unbrokenSince = Number.POSITIVE_INFINITY;

  const unindex = (object: Stored<T>): void => {
    const value = options.index?.(object);
    if (value !== undefined) index.delete(value, keyOf(object.metadata));
  };
  const tell = (change: Change<T>): void => {
    for (const delivery of deliveries) delivery.tell(change);
  };

  const remove = (object: Stored<T>, type: 'removed' | 'missed'): void => {
    const key = keyOf(object.metadata);
    const old = objects.get(key);
    if (old !== undefined) unindex(old);
    objects.delete(key);
    tell({ type, object });
  };
  const set = (object: Stored<T>): void => {
    const key = keyOf(object.metadata);
    const old = objects.get(key);
    // Deleted and made again while we did not look: two objects, not one that changed.
    const value = options.index?.(object);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) remove(old, 'missed');
    // Who finds it by the old value must hear that it is not there any more.
    else if (old !== undefined && options.index?.(old) !== value) remove(old, 'removed');
    else if (old !== undefined) unindex(old);
    objects.set(key, object);
    if (value !== undefined) index.add(value, key);
    tell({ type: 'set', object });
  };

  const sink: Sink<T> = {
    trim: options.trim,
    replace(items, version, servedAt) {
      // The list may lack what a watch has delivered since it was asked for: relists come only
      // after a watch has ended, so there is none.
      const listed = new Set(items.map((item) => keyOf(item.metadata)));
      unbrokenSince = servedAt;
      resourceVersion = version;
      for (const [key, object] of [...objects]) if (!listed.has(key)) remove(object, 'missed');
      for (const item of items) {
        const known = objects.get(keyOf(item.metadata));
        if (known?.metadata.resourceVersion !== item.metadata.resourceVersion) set(item);
      }
      synced.resolve(undefined);
    },
    apply(event: WatchEvent<T>) {
      if (event.type === 'ERROR') return;
      if (event.type === 'DELETED') remove(options.trim(event.object), 'removed');
      else if (event.type !== 'BOOKMARK') set(options.trim(event.object));
      // Last: who reads how far the watch has come, concludes that all up to there was told.
      resourceVersion = event.object.metadata.resourceVersion;
    },
  };

  return {
    get: (key) => objects.get(key),
    byIndex: (value) => index.get(value).flatMap((key) => objects.get(key) ?? []),
    values: () => objects.values(),
    onChange: (watcher) => {
      deliveries.push(new Delivery(watcher, options));
    },
    async start(signal) {
      await reflect({ ...options, sink, pulse }, signal);
      for (const delivery of deliveries) delivery.stop();
    },
    synced: synced.promise,
    get resourceVersion() {
      return resourceVersion;
    },
    get unbrokenSince() {
      const complete = deliveries.every(({ isComplete }) => isComplete);
      return complete ? unbrokenSince : Number.POSITIVE_INFINITY;
    },
    health: pulse,
  };
}
