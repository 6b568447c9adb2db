import type { Clock } from '../../src/clock.ts';

interface Timer {
  at: number;
  run: () => void;
}

/** Runs everything that waits for promises only. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now: number;
  /** By how much somebody has set the clock: timers don't care. */
  #set = 0;
  readonly #timers = new Set<Timer>();

  constructor(now = Date.parse('2026-01-01T00:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#set;
  }

  uptime(): number {
    return this.#now;
  }

  /** Somebody sets the machine's clock. */
  jump(ms: number): void {
    this.#set += ms;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(ms, 0), run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** ms until each timer that waits, in order. */
  get deadlines(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Moves on, timer by timer, and lets what each one starts settle before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}
