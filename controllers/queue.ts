import type { Clock } from '../src/clock.ts';
import { backoffMs } from '../src/kube/backoff.ts';
import type { QueueObserver, QueueReading } from '../src/metrics/queues.ts';

const BACKOFF = { firstMs: 100, limitMs: 60_000 };

/**
 * A queue of keys with the guarantees of client-go's workqueue:
 *
 * - a key that waits is there once, however often it is added;
 * - a key is never worked on twice at the same time: added meanwhile, it comes again afterwards;
 * - of several deadlines of a key the earliest holds, and any add is earlier than a deadline;
 * - a key that nobody waits for takes no memory, but for the name of one that is begun.
 *
 * And one of our own: keys that are begun (see {@link goesOn}) and fresh ones take turns. Of many keys
 * that come at once, the first is done before the last is begun, and neither kind waits for all of the
 * other.
 */
export class Queue implements QueueReading {
  readonly #clock: Clock;
  readonly #observer: QueueObserver;
  /** Since when. A Map keeps the order of insertion: queue and test for membership in one. */
  readonly #fresh = new Map<string, number>();
  /** The same, of keys that are begun. */
  readonly #begun = new Map<string, number>();
  /** Keys that will be begun ones when they are added, until they are taken again. */
  readonly #goingOn = new Set<string>();
  #begunTaken = false;
  /** Since when. */
  readonly #active = new Map<string, number>();
  /** Active keys that were added meanwhile, and when. */
  readonly #again = new Map<string, number>();
  readonly #deadlines = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #idle: (() => void)[] = [];

  constructor(clock: Clock, observer: QueueObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Keys that wait for a worker, for a deadline, or are worked on. */
  get size(): number {
    return this.#waiting + this.#active.size + this.#deadlines.size;
  }

  get depth(): number {
    return this.#waiting + this.#again.size;
  }

  get #waiting(): number {
    return this.#fresh.size + this.#begun.size;
  }

  get workedMs(): readonly number[] {
    const now = this.#clock.uptime();
    return [...this.#active.values()].map((since) => now - since);
  }

  /** Work on the key as soon as a worker is free. */
  add(key: string): void {
    if (this.#isReady(key) || this.#again.has(key)) return;
    this.#observer.added();
    const now = this.#clock.uptime();
    if (this.#active.has(key)) this.#again.set(key, now);
    else this.#enqueue(key, now);
  }

  /** Work on the key that many ms from now, unless it is added before. */
  addAfter(key: string, ms: number): void {
    const at = this.#clock.uptime() + ms;
    if (this.#isReady(key)) return;
    if ((this.#deadlines.get(key)?.at ?? Number.POSITIVE_INFINITY) <= at) return;
    this.#dropDeadline(key);
    const cancel = this.#clock.after(ms, () => {
      // Early where the time is further away than a timer can count.
      const restMs = at - this.#clock.uptime();
      this.#deadlines.delete(key);
      if (restMs > 0) this.addAfter(key, restMs);
      else this.add(key);
    });
    this.#deadlines.set(key, { at, cancel });
  }

  /**
   * Work on the key again after its backoff, which doubles from failure to failure; or, where somebody
   * knows better, so many ms from now.
   */
  retry(key: string, afterMs?: number): void {
    this.#observer.retried();
    if (afterMs !== undefined) {
      this.addAfter(key, afterMs);
      return;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.addAfter(key, backoffMs(failures, BACKOFF));
  }

  /** A step was done with the key, and what it changed will add it again. */
  goesOn(key: string): void {
    this.#goingOn.add(key);
  }

  /** The key went well: its backoff starts over. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Works until the signal aborts; resolves when the last worker is done. `work` must not throw:
   * what becomes of a failure is decided there (see {@link retry}).
   */
  async run(
    work: (key: string) => Promise<void>,
    concurrency: number,
    signal: AbortSignal,
  ): Promise<void> {
    signal.addEventListener(
      'abort',
      () => {
        for (const key of [...this.#deadlines.keys()]) this.#dropDeadline(key);
        for (const wake of this.#idle.splice(0)) wake();
      },
      { once: true },
    );
    const worker = async (): Promise<void> => {
      for (;;) {
        const key = await this.#next(signal);
        if (key === undefined) return;
        try {
          await work(key);
        } finally {
          this.#done(key);
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }

  #enqueue(key: string, since: number): void {
    this.#dropDeadline(key);
    (this.#goingOn.has(key) ? this.#begun : this.#fresh).set(key, since);
    this.#idle.shift()?.();
  }

  #isReady(key: string): boolean {
    return this.#fresh.has(key) || this.#begun.has(key);
  }

  /** Takes the next key off, and says since when it waited. */
  #take(): [key: string, since: number] | undefined {
    const isTurnOfBegun = this.#begun.size > 0 && (this.#fresh.size === 0 || !this.#begunTaken);
    this.#begunTaken = isTurnOfBegun;
    const keys = isTurnOfBegun ? this.#begun : this.#fresh;
    const [next] = keys;
    if (next === undefined) return undefined;
    keys.delete(next[0]);
    this.#goingOn.delete(next[0]);
    return next;
  }

  #done(key: string): void {
    const now = this.#clock.uptime();
    this.#observer.done(now - (this.#active.get(key) ?? now));
    this.#active.delete(key);
    const since = this.#again.get(key);
    this.#again.delete(key);
    if (since !== undefined) this.#enqueue(key, since);
  }

  async #next(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const next = this.#take();
      if (next !== undefined) {
        const [key, since] = next;
        const now = this.#clock.uptime();
        this.#observer.taken(now - since);
        this.#active.set(key, now);
        return key;
      }
      await new Promise<void>((wake) => this.#idle.push(wake));
    }
    return undefined;
  }

  #dropDeadline(key: string): void {
    this.#deadlines.get(key)?.cancel();
    this.#deadlines.delete(key);
  }
}
