import type { Clock } from '../clock.ts';

/** Why a watch had to be opened anew. */
export type WatchEnd =
  /** The API server, or a proxy, closed it: as it should, every five to ten minutes. */
  | 'closed'
  /** The connection broke off, or there was none. */
  | 'cut'
  /** Nothing came for so long that the connection must be half-open. */
  | 'silent'
  /** What was missed meanwhile is not known any more: a list follows. */
  | 'expired'
  /** The API server refused it. */
  | 'refused'
  /** An event could not be taken: a fault of ours. */
  | 'fault';

const WATCH_ENDS: readonly WatchEnd[] = ['closed', 'cut', 'silent', 'expired', 'refused', 'fault'];

/** How a watch is. Durations in ms. */
export interface WatchHealth {
  /** Since it proved alive: by an answer, an event, a bookmark. */
  readonly silentMs: number;
  /** For how long the API server cannot be listed and watched; 0 while it can. */
  readonly downMs: number;
  /** For how long nothing was tried although it was time; 0 where all goes its way. */
  readonly overdueMs: number;
  /** How often it was opened anew, by reason; every reason is there, most of them with 0. */
  readonly ends: ReadonlyMap<WatchEnd, number>;
}

/**
 * What a reflector says of itself while it works. Whatever it waits for, a request, an event or a
 * backoff, it says for how long at most: one that hangs is found by not keeping its word, however
 * long the API server is away.
 */
export class Pulse implements WatchHealth {
  // From 0: Prometheus sees no increase in a counter that comes into being with 1.
  readonly ends = new Map<WatchEnd, number>(WATCH_ENDS.map((reason) => [reason, 0]));
  readonly #clock: Clock;
  #aliveAt: number;
  #downAt: number | undefined;
  /** Before the start there is nothing to wait for. */
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#aliveAt = clock.uptime();
  }

  get silentMs(): number {
    return this.#clock.uptime() - this.#aliveAt;
  }

  get downMs(): number {
    return this.#downAt === undefined ? 0 : this.#clock.uptime() - this.#downAt;
  }

  get overdueMs(): number {
    return Math.max(this.#clock.uptime() - this.#dueAt, 0);
  }

  /** Something else comes within that many ms. */
  waits(ms: number): void {
    this.#dueAt = this.#clock.uptime() + ms;
  }

  /** The API server answered, or the watch brought something. */
  alive(): void {
    this.#aliveAt = this.#clock.uptime();
    this.#downAt = undefined;
  }

  /** The watch ended and is opened anew. */
  ended(reason: WatchEnd): void {
    this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1);
  }

  /** It could not be listed or watched. */
  failed(): void {
    this.#downAt ??= this.#clock.uptime();
  }

  /** It is asked to stop: nothing is due any more. */
  stopped(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#downAt = undefined;
  }
}
