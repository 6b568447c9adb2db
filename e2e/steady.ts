import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/errors.ts';

/** Requests at a steady rate, whether or not those before were answered. */
export interface Steady {
  /** Asks no more, waits for the answers under way, and says how it went. */
  stop(): Promise<Outcome>;
  /** Asked so far. */
  readonly asked: number;
}

/** How all the requests went. */
export interface Outcome {
  asked: number;
  /** What each that failed said. */
  failures: string[];
  /** ms, of the slowest. */
  slowestMs: number;
}

/** Asks `perSecond` times a second, until it is stopped. `ask` gets the number of the request, from 1. */
export function askSteadily(perSecond: number, ask: (number: number) => Promise<unknown>): Steady {
  const everyMs = 1000 / perSecond;
  const startedAt = performance.now();
  const outcome: Outcome = { asked: 0, failures: [], slowestMs: 0 };
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const one = async (number: number): Promise<void> => {
    const at = performance.now();
    await ask(number).catch((thrown: unknown) => {
      outcome.failures.push(`request ${number}: ${messageOf(thrown)}`);
    });
    outcome.slowestMs = Math.max(outcome.slowestMs, performance.now() - at);
  };
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      outcome.asked += 1;
      const answer = one(outcome.asked);
      underWay.add(answer);
      void answer.then(() => underWay.delete(answer));
      // By the clock of the start: a late tick is made up for, the rate is the rate.
      const next = startedAt + outcome.asked * everyMs - performance.now();
      await sleep(Math.max(0, next), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await Promise.all(underWay);
  })();
  return {
    get asked() {
      return outcome.asked;
    },
    async stop() {
      stopping.abort();
      await asking;
      return outcome;
    },
  };
}
