import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** Often enough to meet a loop that is slow for seconds, seldom enough to be nothing for a process at rest. */
const EVERY_MS = 1_000;

/** What is told of the delays since the last scrape: in the histogram they are µs, and none is below one. */
const TOLD: Readonly<Record<string, (late: RecordableHistogram) => number>> = {
  min: ({ min }) => min,
  max: ({ max }) => max,
  mean: ({ mean }) => mean,
  stddev: ({ stddev }) => stddev,
  p50: (late) => late.percentile(50),
  p90: (late) => late.percentile(90),
  p99: (late) => late.percentile(99),
};

/** What is needed of the program's clock: metrics know nothing but themselves. */
export interface Timers {
  /** Milliseconds since some beginning, by a clock that nobody sets. */
  uptime(): number;
  /** Runs the function once, that many ms from now. */
  after(ms: number, run: () => void): unknown;
}

/** Names of the gauges; prom-client has some that are called so, too. */
export const EVENT_LOOP_GAUGES: readonly string[] = Object.keys(TOLD).map(nameOf);

/**
 * How late the process comes to what it should do, by a timer of which each run is due at a time that was
 * fixed before. Node's own sampler counts the next interval from the end of a delay, and so overlooks
 * delays that follow one another; and it tells the interval with the delay.
 */
export function eventLoopMetrics(registry: Registry, timers: Timers): void {
  const late = createHistogram();
  let due = timers.uptime() + EVERY_MS;
  const look = (): void => {
    const now = timers.uptime();
    // What was due meanwhile counts as well: a long delay is more than one.
    for (; due <= now; due += EVERY_MS) late.record(Math.round((now - due) * 1_000) + 1);
    timers.after(due - now, look);
  };
  timers.after(EVERY_MS, look);

  const gauges = Object.entries(TOLD).map(([name, of]) => ({
    of,
    gauge: new Gauge({
      name: nameOf(name),
      help: `By how much the event loop was late since the last scrape: ${name}.`,
      registers: [registry],
      // The first that is read does it for all.
      ...(name === 'min' ? { collect } : {}),
    }),
  }));

  function collect(): void {
    // Nothing new is known yet: another scrape was just before.
    if (late.count === 0) return;
    for (const { gauge, of } of gauges) gauge.set(of(late) / 1e6);
    late.reset();
  }
}

function nameOf(what: string): string {
  return `nodejs_eventloop_lag_${what}_seconds`;
}
