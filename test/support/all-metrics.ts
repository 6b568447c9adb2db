import { systemClock } from '../../src/clock.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Standing } from '../../src/metrics/census.ts';

/** A metric as /metrics shows it. */
export interface ShownMetric {
  name: string;
  type: string;
  labels: string[];
}

const standing: Standing = {
  phases: new Map([['Ready', 1]]),
  undrained: {
    inUse: { claims: 1, bytes: 1, oldestMs: 1 },
    waiting: { claims: 1, bytes: 1, oldestMs: 1 },
  },
  writersMayBeAlive: 1,
  stalled: new Map([['NoPodRuns', 1]]),
  exhausted: 1,
  braked: true,
};

/** What /metrics says of a process that does everything, and to which everything has happened. */
export async function allMetrics(): Promise<string> {
  const metrics = createMetrics({ version: '1.2.3', timers: systemClock });
  const fluentPVC = 'logs';
  metrics.census(() => new Map([[fluentPVC, standing]]));
  metrics.outcome({ kind: 'sidecarDeletion', fluentPVC, trigger: 'SidecarFailure' });
  metrics.watch('pods', { silentMs: 1, ends: new Map([['closed', 1]]) });
  metrics.queue('pod', () => ({ depth: 1, workedMs: [1] })).taken(1);
  metrics.queue('pod', () => ({ depth: 1, workedMs: [1] })).done(1);
  metrics.workers('pod', { count: 8, busy: () => 1 });
  metrics.reconciled({ controller: 'pod', result: 'success', seconds: 1 });
  metrics.requested({ host: 'api:443', method: 'GET', code: 200 });
  metrics.answered({ route: '/pod/mutate', seconds: 1, allowed: true, reason: '' });
  metrics.injection({ fluentPVC, result: 'injected' });
  metrics.leadership('operator')(true);
  metrics.certificate(() => 1_000);
  return (await metrics.text()).body;
}

/** The metrics in the text of /metrics. */
export function metricsIn(text: string): ShownMetric[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
    // A histogram has its labels beside the `le` of its buckets.
    const samples = new RegExp(`^${name}(?:_count|_sum)?(?:\\{(.*)\\})? `, 'm');
    const labels = [...(samples.exec(text)?.[1] ?? '').matchAll(/(\w+)="/g)];
    return { name, type, labels: labels.flatMap(([, label]) => label ?? []) };
  });
}

/** Names that a query may use: those of samples. */
export function sampleNames(metrics: readonly ShownMetric[]): Set<string> {
  return new Set(
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}
