import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { SECONDS } from './buckets.ts';

/** What can be seen of a queue. Durations in ms. */
export interface QueueReading {
  /** Keys that wait for a worker; those that wait for a deadline are none. */
  readonly depth: number;
  /** How long each key that is worked on is worked on by now. */
  readonly workedMs: readonly number[];
}

/** Told what happens to the keys of a queue. Durations in ms. */
export interface QueueObserver {
  /** A key waits for a worker that did not. */
  added(): void;
  /** A worker has taken it. */
  taken(waitedMs: number): void;
  /** The worker is done with it. */
  done(workedMs: number): void;
  /** It failed, and comes again after its backoff. */
  retried(): void;
}

/**
 * What controllers have before them; the names are those of client-go's workqueue, the labels those of
 * controller-runtime, which names each queue twice.
 */
export interface QueueMetrics {
  /** There is a queue of that name, which is read when somebody asks. Returns who is to be told. */
  queue: (name: string, read: () => QueueReading) => QueueObserver;
}

const named = (queue: string): Record<'name' | 'controller', string> => ({
  name: queue,
  controller: queue,
});

export function queueMetrics(registry: Registry): QueueMetrics {
  const registers = [registry];
  const labelNames = ['name', 'controller'] as const;
  const queues = new Map<string, () => QueueReading>();
  const read = (name: string, help: string, of: (reading: QueueReading) => number): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [queue, reading] of queues) this.set(named(queue), of(reading()));
      },
    });
  };
  read('workqueue_depth', 'Keys that wait for a worker.', ({ depth }) => depth);
  read(
    'workqueue_unfinished_work_seconds',
    'For how long all keys together are worked on that are worked on.',
    ({ workedMs }) => workedMs.reduce((sum, ms) => sum + ms, 0) / 1000,
  );
  read(
    'workqueue_longest_running_processor_seconds',
    'For how long the key is worked on that is worked on for longest.',
    ({ workedMs }) => Math.max(0, ...workedMs) / 1000,
  );
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Keys added; one that waits already is not added again.',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Keys put back because of a failure.',
    labelNames,
    registers,
  });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long keys wait for a worker.',
    labelNames,
    buckets: SECONDS,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long keys are worked on.',
    labelNames,
    buckets: SECONDS,
    registers,
  });
  return {
    queue(name, reading) {
      const labels = named(name);
      queues.set(name, reading);
      adds.inc(labels, 0);
      retries.inc(labels, 0);
      return {
        added: () => {
          adds.inc(labels);
        },
        taken: (ms) => {
          waited.observe(labels, ms / 1000);
        },
        done: (ms) => {
          worked.observe(labels, ms / 1000);
        },
        retried: () => {
          retries.inc(labels);
        },
      };
    },
  };
}
