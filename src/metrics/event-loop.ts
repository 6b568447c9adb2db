import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/**
 * A timer that runs this often is looked at for how late it is: often enough to meet a loop that is slow for
 * seconds, seldom enough to be nothing of what a process at rest does.
 */
const EVERY_MS = 500;

type Intervals = ReturnType<typeof monitorEventLoopDelay>;

/** What is told of the intervals since the last scrape, by the names that prom-client has for it. */
const TOLD: Readonly<Record<string, (intervals: Intervals) => number>> = {
  min: ({ min }) => min,
  max: ({ max }) => max,
  mean: ({ mean }) => mean,
  p50: (intervals) => intervals.percentile(50),
  p90: (intervals) => intervals.percentile(90),
  p99: (intervals) => intervals.percentile(99),
};

/** How late the process comes to what it should do. */
export interface EventLoopMetrics {
  /** To be called before the metrics are read. */
  refresh: () => void;
}

/**
 * prom-client's own gauges of these names tell how long the intervals were, and so of a process that is
 * never late all that they should be.
 */
export function eventLoopMetrics(registry: Registry): EventLoopMetrics {
  const intervals = monitorEventLoopDelay({ resolution: EVERY_MS });
  intervals.enable();
  const gauges = Object.entries(TOLD).map(([name, of]) => ({
    of,
    gauge: new Gauge({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      help: `How late the event loop was since the last scrape: ${name}.`,
      registers: [registry],
    }),
  }));
  return {
    refresh() {
      for (const { gauge, of } of gauges) {
        const late = intervals.count === 0 ? 0 : of(intervals) / 1e9 - EVERY_MS / 1000;
        gauge.set(Math.max(late, 0));
      }
      intervals.reset();
    },
  };
}
