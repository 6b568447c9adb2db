import type { ControllerMetrics } from '../../controllers/controller.ts';
import type { Metrics } from '../../src/metrics.ts';
import type { Census } from '../../src/metrics/census.ts';
import type { Outcome } from '../../src/metrics/outcomes.ts';
import type { QueueObserver, QueueReading } from '../../src/metrics/queues.ts';

/** What controllers tell of their work, as it was told. */
export interface MemoryMetrics extends ControllerMetrics, Pick<Metrics, 'census'> {
  reconciles: Parameters<Metrics['reconciled']>[0][];
  outcomes: Outcome[];
  /** By controller. */
  queues: Map<string, () => QueueReading>;
  takeCensus: () => Census;
}

export function memoryMetrics(): MemoryMetrics {
  const reconciles: MemoryMetrics['reconciles'] = [];
  const outcomes: Outcome[] = [];
  const queues: MemoryMetrics['queues'] = new Map();
  let readCensus = (): Census => new Map();
  return {
    reconciles,
    outcomes,
    queues,
    takeCensus: () => readCensus(),
    workers: () => undefined,
    reconciled: (reconcile) => reconciles.push(reconcile),
    outcome: (outcome) => outcomes.push(outcome),
    queue(name, read) {
      queues.set(name, read);
      return unobserved;
    },
    census(read) {
      readCensus = read;
    },
  };
}

/** For queues whose metrics are of no interest. */
export const unobserved: QueueObserver = {
  added: () => undefined,
  taken: () => undefined,
  done: () => undefined,
  retried: () => undefined,
};
