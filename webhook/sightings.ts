import type { Clock } from '../src/clock.ts';

/**
 * For how long something has been seen without a break, by a clock that nobody sets. What another
 * process wrote down of its own time would be by a clock that may be wrong.
 */
export class Sightings {
  readonly #clock: Clock;
  #since = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All that is seen now. What is not among it will have to begin anew. */
  see(seen: Iterable<string>): void {
    const now = this.#clock.uptime();
    this.#since = new Map(Array.from(seen, (one) => [one, this.#since.get(one) ?? now]));
  }

  /** For how long each of them, in ms. */
  get ms(): Map<string, number> {
    const now = this.#clock.uptime();
    return new Map([...this.#since].map(([one, since]) => [one, now - since]));
  }
}
