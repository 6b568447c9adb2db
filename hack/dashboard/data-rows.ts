import type { Panel } from './panel.ts';

/** Rows of the dashboard on what becomes of data and Pods. */
export const DATA_ROWS: Record<string, readonly Panel[]> = {
  Data: [
    {
      title: 'Undrained PVCs',
      description:
        'in_use: the Pod is there, or may be. waiting: it is over, and its data is not shipped yet.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} {{state}}':
          'max by (fluentpvc, state) (fluent_pvc_undrained_claims{fluentpvc=~"$fluentpvc"})',
      },
    },
    {
      title: 'Oldest PVC that waits',
      description: 'Since its Pod was over. More than some minutes: see the drains below.',
      unit: 's',
      queries: {
        '{{fluentpvc}}':
          'max by (fluentpvc) (fluent_pvc_undrained_oldest_age_seconds{fluentpvc=~"$fluentpvc",state="waiting"})',
      },
    },
    {
      title: 'Capacity of undrained PVCs',
      description: 'Of their volumes; how much is on them is not known.',
      unit: 'bytes',
      queries: {
        '{{fluentpvc}} {{state}}':
          'max by (fluentpvc, state) (fluent_pvc_undrained_bytes{fluentpvc=~"$fluentpvc"})',
      },
    },
    {
      title: 'Bindings by phase',
      description: 'Unknown: the PVC cannot be drained.',
      unit: 'short',
      queries: {
        '{{phase}}':
          'sum by (phase) (max by (fluentpvc, phase) (fluent_pvc_bindings{fluentpvc=~"$fluentpvc"}))',
      },
    },
    {
      title: 'What keeps data from being shipped',
      description: 'Each line is a number of bindings whose conditions say whose turn it is.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} stalled: {{reason}}':
          'max by (fluentpvc, reason) (fluent_pvc_drains_stalled{fluentpvc=~"$fluentpvc"})',
        '{{fluentpvc}} last attempt failed':
          'max by (fluentpvc) (fluent_pvc_drains_exhausted{fluentpvc=~"$fluentpvc"}) > 0',
        '{{fluentpvc}} writer may be alive':
          'max by (fluentpvc) (fluent_pvc_writers_may_be_alive{fluentpvc=~"$fluentpvc"}) > 0',
      },
    },
    {
      title: 'Data given up',
      description: 'PVCs let go without a drain, by reason.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} {{reason}}':
          'sum by (fluentpvc, reason) (increase(fluent_pvc_data_given_up_total{fluentpvc=~"$fluentpvc"}[$__rate_interval])) > 0',
      },
    },
  ],
  Drains: [
    {
      title: 'Time from the end of a Pod to the end of its drain',
      description: 'Median and 95th percentile.',
      unit: 's',
      queries: {
        '{{fluentpvc}} p50':
          'histogram_quantile(0.5, sum by (fluentpvc, le) (rate(fluent_pvc_drain_duration_seconds_bucket{fluentpvc=~"$fluentpvc"}[$__rate_interval])))',
        '{{fluentpvc}} p95':
          'histogram_quantile(0.95, sum by (fluentpvc, le) (rate(fluent_pvc_drain_duration_seconds_bucket{fluentpvc=~"$fluentpvc"}[$__rate_interval])))',
      },
    },
    {
      title: 'Drains and failures',
      description: 'PVCs drained, finalizer Jobs failed by reason, PVCs retained.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} drained':
          'sum by (fluentpvc) (increase(fluent_pvc_drain_duration_seconds_count{fluentpvc=~"$fluentpvc"}[$__rate_interval]))',
        '{{fluentpvc}} {{reason}}':
          'sum by (fluentpvc, reason) (increase(fluent_pvc_finalizer_job_failures_total{fluentpvc=~"$fluentpvc"}[$__rate_interval])) > 0',
        '{{fluentpvc}} retained':
          'sum by (fluentpvc) (increase(fluent_pvc_claims_retained_total{fluentpvc=~"$fluentpvc"}[$__rate_interval])) > 0',
      },
    },
    {
      title: 'Rescues',
      description: 'Volumes of PVCs that were deleted before they were drained, by step.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} {{step}}':
          'sum by (fluentpvc, step) (increase(fluent_pvc_rescues_total{fluentpvc=~"$fluentpvc"}[$__rate_interval]))',
      },
    },
  ],
  Pods: [
    {
      title: 'Labelled Pods',
      description: 'injected, unchanged (asked for again), denied.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} {{result}}':
          'sum by (fluentpvc, result) (increase(fluent_pvc_injections_total{fluentpvc=~"$fluentpvc|"}[$__rate_interval]))',
      },
    },
    {
      title: 'Pods deleted because of their sidecar',
      description: 'Their owners replace them, each with a new PVC.',
      unit: 'short',
      queries: {
        '{{fluentpvc}} {{trigger}}':
          'sum by (fluentpvc, trigger) (increase(fluent_pvc_sidecar_deletions_total{fluentpvc=~"$fluentpvc"}[$__rate_interval]))',
      },
    },
    {
      title: 'Brake',
      description: '1: so many sidecars fail that one Pod is deleted a minute.',
      unit: 'short',
      queries: {
        '{{fluentpvc}}': 'max by (fluentpvc) (fluent_pvc_brake_engaged{fluentpvc=~"$fluentpvc"})',
      },
    },
  ],
};
