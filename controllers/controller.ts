import type { Clock } from '../src/clock.ts';
import { messageOf } from '../src/errors.ts';
import { ApiError, hasCode, isFinal } from '../src/kube/api-error.ts';
import { atLeastMs } from '../src/kube/backoff.ts';
import { refusalOf, type CreateRefusal } from '../src/kube/create-refusal.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Plan } from '../src/core/plan.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { ReconcileResult } from '../src/metrics/reconciles.ts';
import { Queue } from './queue.ts';

/** What controllers tell of their work. */
export type ControllerMetrics = Pick<Metrics, 'workers' | 'queue' | 'reconciled' | 'outcome'>;

/** What a controller follows and decides. */
export interface Decider {
  /**
   * Looks at the object of that key and decides. What happened is not told, because it may have
   * happened twice, or be undone by now; only what the API server did not take of the key's last
   * plan, so that the object itself can say so: at once where it refused it, and where it could not
   * take it (a webhook that is down, an overload) once that lasts.
   */
  decide: (key: string, signal: AbortSignal, refusal?: CreateRefusal) => Promise<Plan>;
  /**
   * Told what became of the writes of that key's last plan as soon as that is known: `error` where
   * not all were done.
   */
  settled?: (key: string, error?: unknown) => void;
}

export interface ControllerOptions extends Decider {
  name: string;
  writer: Writer;
  concurrency: number;
  clock: Clock;
  log: Log;
  metrics: ControllerMetrics;
}

/** An object that could not be made for so long is told of, in ms. */
const LASTS_MS = 120_000;

/**
 * Brings the objects of one root kind and all their children to the state they should be in:
 *
 *     key -> decide (observe, then a pure plan) -> apply -> forget, or again after a while
 *
 * A plan whose writes fail is made anew after a backoff, from what is there then.
 */
export class Controller {
  readonly queue: Queue;
  readonly #options: ControllerOptions;
  /** By key, until its plan is applied; and since when, by our uptime. */
  readonly #refusals = new Map<string, { refusal: CreateRefusal; since: number }>();

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { name, clock, metrics, concurrency } = options;
    this.queue = new Queue(
      clock,
      metrics.queue(name, () => this.queue),
    );
    metrics.workers(name, { count: concurrency, busy: () => this.queue.workedMs.length });
  }

  /** Works until the signal aborts; resolves when the last reconcile is done. */
  async run(signal: AbortSignal): Promise<void> {
    await this.queue.run((key) => this.#reconcile(key, signal), this.#options.concurrency, signal);
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const { name, decide, metrics } = this.#options;
    const log = this.#options.log.with({ controller: name, key });
    const startedAt = performance.now();
    let result: ReconcileResult = 'success';
    try {
      const plan = await decide(key, signal, this.#refusalToTell(key));
      if (plan.writes.length > 0) {
        await this.#apply(key, plan, signal);
        log.info(plan.reason, { writes: plan.writes.map((write) => write.verb).join(',') });
        // A watch will bring what was written, and with it the next step; nothing follows from an Event.
        if (plan.writes.some(({ verb }) => verb !== 'event')) this.queue.goesOn(key);
      }
      this.queue.forget(key);
      this.#refusals.delete(key);
      // Who leads no more has no deadlines: the next one starts from all there is.
      if (plan.requeueAfterMs !== undefined && !signal.aborted) {
        result = 'requeue_after';
        this.queue.addAfter(key, plan.requeueAfterMs);
      }
    } catch (error) {
      if (signal.aborted) return;
      result = this.#failed(key, error, log);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.reconciled({ controller: name, result, seconds });
  }

  async #apply(key: string, plan: Plan, signal: AbortSignal): Promise<void> {
    const { writer, metrics } = this.#options;
    try {
      await writer.apply(plan.writes, {
        signal,
        onRefusal: (refusal) => {
          this.#refused(key, refusal);
        },
      });
      this.#options.settled?.(key);
      if (plan.outcome !== undefined) metrics.outcome(plan.outcome);
    } catch (error) {
      this.#options.settled?.(key, error);
      throw error;
    }
  }

  #refused(key: string, refusal: CreateRefusal): void {
    const known = this.#refusals.get(key);
    const isSame = refusalOf(known?.refusal, refusal.write.object) !== undefined;
    const since = isSame && known !== undefined ? known.since : this.#options.clock.uptime();
    this.#refusals.set(key, { refusal, since });
  }

  #refusalToTell(key: string): CreateRefusal | undefined {
    const known = this.#refusals.get(key);
    if (known === undefined || isFinal(known.refusal.error)) return known?.refusal;
    const lasts = this.#options.clock.uptime() - known.since >= LASTS_MS;
    return lasts ? known.refusal : undefined;
  }

  #failed(key: string, error: unknown, log: Log): ReconcileResult {
    // Two writers met, our copy was old, or a disruption budget holds: nobody has to act.
    const expected = error instanceof ApiError && [409, 429].includes(error.code);
    // It went on before all that it reads had come: that is no reason to wait for all the others now.
    if (hasCode(error, 409)) this.queue.goesOn(key);
    if (expected) log.debug('will try again', { error: messageOf(error) });
    else log.error('reconcile failed; will try again', { error: messageOf(error) });
    // The API server knows best when to come back: an eviction against a disruption budget.
    const retryAfterMs = error instanceof ApiError ? error.retryAfterMs : undefined;
    this.queue.retry(key, retryAfterMs === undefined ? undefined : atLeastMs(retryAfterMs));
    return expected ? 'requeue' : 'error';
  }
}
