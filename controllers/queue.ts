import type { Clock } from '../src/clock.ts';
import { backoffMs } from '../src/kube/backoff.ts';

const BACKOFF = { firstMs: 100, limitMs: 60_000 };

/**
 * A queue of keys with the guarantees of client-go's workqueue:
 *
 * - a key that waits is there once, however often it is added;
 * - a key is never worked on twice at the same time: added meanwhile, it comes again afterwards;
 * - of several deadlines of a key the earliest holds, and any add is earlier than a deadline;
 * - a key that nobody waits for takes no memory.
 */
export class Queue {
  readonly #clock: Clock;
  /** A Set keeps the order of insertion: queue and test for membership in one. */
  readonly #ready = new Set<string>();
  readonly #active = new Set<string>();
  /** Active keys that were added meanwhile. */
  readonly #again = new Set<string>();
  readonly #deadlines = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #idle: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys that wait for a worker, for a deadline, or are worked on. */
  get size(): number {
    return this.#ready.size + this.#active.size + this.#deadlines.size;
  }

  /** Work on the key as soon as a worker is free. */
  add(key: string): void {
    this.#dropDeadline(key);
    if (this.#active.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#ready.add(key);
    this.#idle.shift()?.();
  }

  /** Work on the key that many ms from now, unless it is added before. */
  addAfter(key: string, ms: number): void {
    const at = this.#clock.uptime() + ms;
    if (this.#ready.has(key)) return;
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

  /** Work on the key again after its backoff, which doubles from failure to failure. */
  retry(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.addAfter(key, backoffMs(failures, BACKOFF));
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
          this.#active.delete(key);
          if (this.#again.delete(key)) this.add(key);
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }

  async #next(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const [key] = this.#ready;
      if (key !== undefined) {
        this.#ready.delete(key);
        this.#active.add(key);
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
