import { Registry } from 'prom-client';
import { admissionMetrics, type AdmissionMetrics } from './metrics/admissions.ts';
import { censusMetrics, type CensusMetrics } from './metrics/census.ts';
import type { Timers } from './metrics/event-loop.ts';
import { outcomeMetrics, type OutcomeMetrics } from './metrics/outcomes.ts';
import { processMetrics, type ProcessMetrics } from './metrics/process.ts';
import { queueMetrics, type QueueMetrics } from './metrics/queues.ts';
import { reconcileMetrics, type ReconcileMetrics } from './metrics/reconciles.ts';
import { requestMetrics, type RequestMetrics } from './metrics/requests.ts';
import { watchMetrics, type WatchMetrics } from './metrics/watches.ts';

/**
 * What the program counts and measures; docs/metrics.md says what each metric means and what to do.
 * Names are controller-runtime's where the meaning is the same, so that dashboards made for it work.
 *
 * Three ways lead here: events are told when they happen (`answered`, `reconciled`), what a plan
 * brings about is told when its writes are done (`outcome`), and what can be looked at is read when
 * somebody asks (`census`, `watch`, `queue`): an operator that nobody scrapes computes nothing.
 */
export interface Metrics
  extends
    ProcessMetrics,
    AdmissionMetrics,
    ReconcileMetrics,
    QueueMetrics,
    RequestMetrics,
    WatchMetrics,
    Pick<OutcomeMetrics, 'outcome'>,
    Pick<CensusMetrics, 'census'> {
  /** In the text format of Prometheus. */
  text(): Promise<{ contentType: string; body: string }>;
}

/** Metrics of this process, which is of that version and has these timers. */
export function createMetrics(about: { version: string; timers: Timers }): Metrics {
  const registry = new Registry();
  const { outcome, expect } = outcomeMetrics(registry);
  const { census, refresh } = censusMetrics(registry, expect);
  return {
    ...processMetrics(registry, about),
    ...admissionMetrics(registry),
    ...reconcileMetrics(registry),
    ...queueMetrics(registry),
    ...requestMetrics(registry),
    ...watchMetrics(registry),
    outcome,
    census,
    async text() {
      refresh();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
