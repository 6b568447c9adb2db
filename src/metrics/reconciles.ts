import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { SECONDS } from './buckets.ts';

/**
 * What a reconcile came to, in controller-runtime's words. `requeue`: the API server had a newer
 * object, or asked for patience; it is tried again, and nobody has to do anything.
 */
export type ReconcileResult = 'success' | 'requeue' | 'requeue_after' | 'error';

/** What controllers do. */
export interface ReconcileMetrics {
  /** There is a controller of that name with so many workers; `busy` is read when somebody asks. */
  workers: (controller: string, workers: { count: number; busy: () => number }) => void;
  reconciled: (reconcile: { controller: string; result: ReconcileResult; seconds: number }) => void;
}

const RESULTS: readonly ReconcileResult[] = ['success', 'requeue', 'requeue_after', 'error'];

export function reconcileMetrics(registry: Registry): ReconcileMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles, by controller and result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed, by controller. Each is tried again, and has a line in the log.',
    labelNames: ['controller'],
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Time of a reconcile.',
    labelNames: ['controller'],
    buckets: SECONDS,
    registers,
  });
  const count = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Workers of a controller.',
    labelNames: ['controller'],
    registers,
  });
  const controllers = new Map<string, () => number>();
  new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Workers of a controller that are at work.',
    labelNames: ['controller'],
    registers,
    collect() {
      for (const [controller, busy] of controllers) this.set({ controller }, busy());
    },
  });
  return {
    workers(controller, workers) {
      controllers.set(controller, workers.busy);
      count.set({ controller }, workers.count);
      // A counter that begins with its first event hides that event from rate().
      for (const result of RESULTS) total.inc({ controller, result }, 0);
      errors.inc({ controller }, 0);
    },
    reconciled({ controller, result, seconds }) {
      total.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      time.observe({ controller }, seconds);
    },
  };
}
