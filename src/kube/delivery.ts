import { keyOf, type KubeObject, type ObjectKey, type Stored } from '../api/object.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { backoffMs } from './backoff.ts';

/** What a watcher of a cache is told. */
export interface Change<T extends KubeObject> {
  /** The object as it is now, or as it was last. */
  object: Stored<T>;
  /**
   * `removed` says that the watch does not deliver the object any more, or not with that value of
   * the index: it is gone, or its label is another. `missed` is a removal that only a list has shown: what the object was last is not known.
   */
  type: 'set' | 'removed' | 'missed';
}

export type Watcher<T extends KubeObject> = (change: Change<T>) => void;

const BACKOFF = { firstMs: 500, limitMs: 30_000 };

/**
 * Tells one watcher of changes. A change that it throws at is told again after a backoff, until it
 * is taken. The changes of a key come in their order, so what comes after it for the same key waits
 * behind it; other keys, and other watchers, are told meanwhile.
 */
export class Delivery<T extends KubeObject> {
  readonly #watcher: Watcher<T>;
  readonly #clock: Clock;
  readonly #log: Log;
  /** By key, the oldest first. Empty, but for faults of the program. */
  readonly #waiting = new Map<ObjectKey, Change<T>[]>();
  #failures = 0;
  #cancel: (() => void) | undefined;

  constructor(watcher: Watcher<T>, { clock, log }: { clock: Clock; log: Log }) {
    this.#watcher = watcher;
    this.#clock = clock;
    this.#log = log;
  }

  /** Whether there is nothing that the watcher has yet to take. */
  get isComplete(): boolean {
    return this.#waiting.size === 0;
  }

  tell(change: Change<T>): void {
    const key = keyOf(change.object.metadata);
    const before = this.#waiting.get(key);
    if (before !== undefined) {
      // Of an object that only changed, the last state is enough: what waits must not grow.
      if (isSameObject(before.at(-1), change)) before.pop();
      before.push(change);
      return;
    }
    const error = this.#try(change);
    if (error === undefined) return;
    this.#waiting.set(key, [change]);
    if (this.#cancel === undefined) this.#again(error);
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#cancel?.();
  }

  /** What the watcher threw. */
  #try(change: Change<T>): { thrown: unknown } | undefined {
    try {
      this.#watcher(change);
      return undefined;
    } catch (thrown) {
      return { thrown };
    }
  }

  #again({ thrown }: { thrown: unknown }): void {
    this.#failures += 1;
    const waitMs = backoffMs(this.#failures, BACKOFF);
    this.#log.error('a change was not taken; it will be told again', {
      keys: [...this.#waiting.keys()].slice(0, 5).join(' '),
      waiting: this.#waiting.size,
      error: messageOf(thrown),
      stack: thrown instanceof Error ? thrown.stack : undefined,
      waitMs: Math.round(waitMs),
    });
    this.#cancel = this.#clock.after(waitMs, () => {
      this.#retry();
    });
  }

  #retry(): void {
    this.#cancel = undefined;
    let last: { thrown: unknown } | undefined;
    for (const [key, changes] of this.#waiting) {
      let error: { thrown: unknown } | undefined;
      for (let next = changes[0]; next !== undefined; next = changes[0]) {
        error = this.#try(next);
        if (error !== undefined) break;
        changes.shift();
      }
      if (error === undefined) this.#waiting.delete(key);
      else last = error;
    }
    if (last === undefined) this.#failures = 0;
    else this.#again(last);
  }
}

function isSameObject<T extends KubeObject>(one: Change<T> | undefined, other: Change<T>): boolean {
  const bothSet = one?.type === 'set' && other.type === 'set';
  return bothSet && one.object.metadata.uid === other.object.metadata.uid;
}
