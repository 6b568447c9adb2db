import type { Panel } from './panel.ts';

/** Rows of the dashboard on how the operator itself is. */
export const PROGRAM_ROWS: Record<string, readonly Panel[]> = {
  Webhook: [
    {
      title: 'Answers',
      description: 'AdmissionReviews answered, by path.',
      unit: 'ops',
      queries: {
        '{{webhook}}':
          'sum by (webhook) (rate(controller_runtime_webhook_requests_total{namespace="$namespace",webhook=~"/pod/mutate|/fluent-pvc/validate"}[$__rate_interval]))',
        'denied: {{reason}}':
          'sum by (reason) (rate(fluent_pvc_admission_answers_total{namespace="$namespace",allowed="false"}[$__rate_interval]))',
      },
    },
    {
      title: 'Time to answer',
      description: 'The API server gives up after webhook.timeoutSeconds.',
      unit: 's',
      queries: {
        '{{webhook}} p50':
          'histogram_quantile(0.5, sum by (webhook, le) (rate(controller_runtime_webhook_latency_seconds_bucket{namespace="$namespace",webhook=~"/pod/mutate|/fluent-pvc/validate"}[$__rate_interval])))',
        '{{webhook}} p99':
          'histogram_quantile(0.99, sum by (webhook, le) (rate(controller_runtime_webhook_latency_seconds_bucket{namespace="$namespace",webhook=~"/pod/mutate|/fluent-pvc/validate"}[$__rate_interval])))',
      },
    },
    {
      title: 'Certificate ends in',
      description: 'It is to be renewed long before.',
      unit: 's',
      queries: {
        '{{pod}}':
          'fluent_pvc_certificate_expiry_timestamp_seconds{namespace="$namespace"} - time()',
      },
    },
  ],
  Operator: [
    {
      title: 'Leader',
      description: '1 for the process that leads.',
      unit: 'short',
      queries: { '{{pod}}': 'leader_election_master_status{namespace="$namespace"}' },
    },
    {
      title: 'Reconciles',
      description: 'By controller and result.',
      unit: 'ops',
      queries: {
        '{{controller}} {{result}}':
          'sum by (controller, result) (rate(controller_runtime_reconcile_total{namespace="$namespace",controller=~"binding|pod|fluentpvc|brake"}[$__rate_interval])) > 0',
      },
    },
    {
      title: 'Keys that wait, and workers',
      description: 'Keys that wait for a worker, and workers that are at work.',
      unit: 'short',
      queries: {
        '{{name}} waiting':
          'sum by (name) (workqueue_depth{namespace="$namespace",name=~"binding|pod|fluentpvc|brake"})',
        '{{controller}} at work':
          'sum by (controller) (controller_runtime_active_workers{namespace="$namespace",controller=~"binding|pod|fluentpvc|brake"})',
      },
    },
    {
      title: 'Silence of watches',
      description: 'Bookmarks come about every minute; after 100 s a watch is opened anew.',
      unit: 's',
      queries: {
        '{{pod}} {{watch}}':
          'max by (pod, watch) (fluent_pvc_watch_silence_seconds{namespace="$namespace"})',
      },
    },
    {
      title: 'Requests to the API server',
      description: 'By method and answer. At rest: Leases and watches only.',
      unit: 'ops',
      queries: {
        '{{method}} {{code}}':
          'sum by (method, code) (rate(rest_client_requests_total{namespace="$namespace",pod=~".*(webhook|controllers).*"}[$__rate_interval]))',
      },
    },
    {
      title: 'Delay of the event loop',
      description: '99th percentile: how late a process comes to what it should do.',
      unit: 's',
      queries: {
        '{{pod}}':
          'max by (pod) (nodejs_eventloop_lag_p99_seconds{namespace="$namespace",pod=~".*(webhook|controllers).*"})',
      },
    },
    {
      title: 'Memory',
      description: 'Resident; the limit is in resources of the chart.',
      unit: 'bytes',
      queries: {
        '{{pod}}':
          'max by (pod) (process_resident_memory_bytes{namespace="$namespace",pod=~".*(webhook|controllers).*"})',
      },
    },
  ],
};
