import { beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { createMetrics, type Metrics } from '../../src/metrics.ts';
import type { Census, Standing } from '../../src/metrics/census.ts';

/** Lines of the metrics whose names begin like that. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const { body } = await metrics.text();
  return body.split('\n').filter((line) => line.startsWith(name));
}

const fresh = (): Metrics => createMetrics({ version: '1.2.3', timers: systemClock });

test('a watch tells its silence and its ends, as they are when somebody asks', async () => {
  const metrics = fresh();
  const pods = { silentMs: 1_500, ends: new Map([['closed', 2]]) };
  metrics.watch('pods', pods);
  metrics.watch('jobs', { silentMs: 0, ends: new Map() });
  const lines = (): Promise<string[]> => linesOf(metrics, 'fluent_pvc_watch');
  expect(await lines()).toEqual([
    'fluent_pvc_watch_silence_seconds{watch="pods"} 1.5',
    'fluent_pvc_watch_silence_seconds{watch="jobs"} 0',
    'fluent_pvc_watch_reconnects_total{watch="pods",reason="closed"} 2',
  ]);
  pods.silentMs = 20;
  pods.ends.set('cut', 1);
  expect(await lines()).toEqual([
    'fluent_pvc_watch_silence_seconds{watch="pods"} 0.02',
    'fluent_pvc_watch_silence_seconds{watch="jobs"} 0',
    'fluent_pvc_watch_reconnects_total{watch="pods",reason="closed"} 2',
    'fluent_pvc_watch_reconnects_total{watch="pods",reason="cut"} 1',
  ]);
});

describe('how late the event loop was', () => {
  let uptime: number;
  let timers: { at: number; run: () => void }[];
  let metrics: Metrics;
  beforeEach(() => {
    uptime = 7;
    timers = [];
    const after = (ms: number, run: () => void): number => timers.push({ at: uptime + ms, run });
    metrics = createMetrics({ version: '1.2.3', timers: { uptime: () => uptime, after } });
  });
  /** Blocks the loop for so long, so often; what is due is run in between. */
  const block = (ms: number, times: number): void => {
    for (let time = 0; time < times; time += 1) {
      uptime += ms;
      const due = timers.filter(({ at }) => at <= uptime);
      timers = timers.filter((timer) => !due.includes(timer));
      for (const { run } of due) run();
    }
  };
  const told = async (what: string): Promise<number> => {
    const [line = ''] = await linesOf(metrics, `nodejs_eventloop_lag_${what}_seconds `);
    return Number(line.split(' ')[1]);
  };

  test('is nothing where it was not', async () => {
    expect(await told('p99')).toBe(0);
    block(10, 1_000);
    expect(await told('p99')).toBeLessThan(0.011);
  });
  test('is told, of delays one after the other and as long as the interval, too', async () => {
    block(10, 10);
    block(1_000, 20);
    expect(await told('p50')).toBeCloseTo(0.1, 2);
    block(600, 20);
    expect(await told('max')).toBeCloseTo(0.5, 1);
  });
  test('counts a long delay for each time that it hid', async () => {
    block(100, 4);
    block(2_000, 1);
    // It should have run after 600 and 1600 ms of that.
    expect(await told('mean')).toBeCloseTo(0.9, 2);
    expect(await told('max')).toBeCloseTo(1.4, 2);
  });
  test('begins anew with each scrape, and stays where that was just before', async () => {
    block(2_000, 1);
    expect(await told('max')).toBeCloseTo(1, 1);
    expect(await told('max')).toBeCloseTo(1, 1);
    block(10, 100);
    expect(await told('max')).toBeLessThan(0.011);
  });
});

describe('what has become of claims', () => {
  test('is counted by FluentPVC and reason', async () => {
    const metrics = fresh();
    const fluentPVC = 'logs';
    metrics.outcome({ kind: 'sidecarDeletion', fluentPVC, trigger: 'SidecarFailure' });
    metrics.outcome({ kind: 'sidecarDeletion', fluentPVC, trigger: 'SidecarFailure' });
    metrics.outcome({ kind: 'drained', fluentPVC, ms: 42_000 });
    metrics.outcome({ kind: 'drainFailed', fluentPVC, reason: 'DeadlineExceeded' });
    metrics.outcome({ kind: 'givenUp', fluentPVC, reason: 'Lost' });
    metrics.outcome({ kind: 'rescue', fluentPVC, step: 'done' });
    metrics.outcome({ kind: 'retained', fluentPVC });
    const lines = await linesOf(metrics, 'fluent_pvc_');
    expect(lines).toEqual(
      expect.arrayContaining([
        'fluent_pvc_sidecar_deletions_total{fluentpvc="logs",trigger="SidecarFailure"} 2',
        'fluent_pvc_drain_duration_seconds_bucket{le="30",fluentpvc="logs"} 0',
        'fluent_pvc_drain_duration_seconds_bucket{le="60",fluentpvc="logs"} 1',
        'fluent_pvc_drain_duration_seconds_sum{fluentpvc="logs"} 42',
        'fluent_pvc_finalizer_job_failures_total{fluentpvc="logs",reason="DeadlineExceeded"} 1',
        'fluent_pvc_finalizer_job_failures_total{fluentpvc="logs",reason="BackoffLimitExceeded"} 0',
        'fluent_pvc_data_given_up_total{fluentpvc="logs",reason="Lost"} 1',
        'fluent_pvc_rescues_total{fluentpvc="logs",step="done"} 1',
        'fluent_pvc_claims_retained_total{fluentpvc="logs"} 1',
      ]),
    );
  });
  test('begins at 0 for a FluentPVC that there is, so that the first event is an increase', async () => {
    const metrics = fresh();
    metrics.census(() => new Map([['logs', standing()]]));
    expect(await linesOf(metrics, 'fluent_pvc_data_given_up_total')).toContain(
      'fluent_pvc_data_given_up_total{fluentpvc="logs",reason="Released"} 0',
    );
    metrics.outcome({ kind: 'drained', fluentPVC: 'logs', ms: 1_000 });
    // The second look takes nothing back.
    await metrics.text();
    expect(await linesOf(metrics, 'fluent_pvc_drain_duration_seconds_count')).toEqual([
      'fluent_pvc_drain_duration_seconds_count{fluentpvc="logs"} 1',
    ]);
  });
});

function standing(change: Partial<Standing> = {}): Standing {
  return {
    phases: new Map([['Ready', 2]]),
    undrained: {
      inUse: { claims: 2, bytes: 2_048, oldestMs: 60_000 },
      waiting: { claims: 1, bytes: 1_024, oldestMs: 5_500 },
    },
    writersMayBeAlive: 1,
    stalled: new Map([['NoPodRuns', 1]]),
    exhausted: 3,
    braked: true,
    ...change,
  };
}

describe('how claims stand', () => {
  const NAMES = /^fluent_pvc_(bindings|undrained|writers|drains|brake)/;
  const lines = async (metrics: Metrics): Promise<string[]> =>
    (await linesOf(metrics, 'fluent_pvc_')).filter((line) => NAMES.test(line));

  test('is read once a scrape, and what is gone is not shown any more', async () => {
    const metrics = fresh();
    let looks = 0;
    let census: Census = new Map([
      ['logs', standing()],
      ['events', standing({ braked: false })],
    ]);
    metrics.census(() => {
      looks += 1;
      return census;
    });
    const shown = await lines(metrics);
    expect(looks).toBe(1);
    expect(shown).toHaveLength(22);
    expect(shown.filter((line) => line.includes('"logs"'))).toEqual([
      'fluent_pvc_bindings{fluentpvc="logs",phase="Ready"} 2',
      'fluent_pvc_undrained_claims{fluentpvc="logs",state="in_use"} 2',
      'fluent_pvc_undrained_claims{fluentpvc="logs",state="waiting"} 1',
      'fluent_pvc_undrained_bytes{fluentpvc="logs",state="in_use"} 2048',
      'fluent_pvc_undrained_bytes{fluentpvc="logs",state="waiting"} 1024',
      'fluent_pvc_undrained_oldest_age_seconds{fluentpvc="logs",state="in_use"} 60',
      'fluent_pvc_undrained_oldest_age_seconds{fluentpvc="logs",state="waiting"} 5.5',
      'fluent_pvc_writers_may_be_alive{fluentpvc="logs"} 1',
      'fluent_pvc_drains_stalled{fluentpvc="logs",reason="NoPodRuns"} 1',
      'fluent_pvc_drains_exhausted{fluentpvc="logs"} 3',
      'fluent_pvc_brake_engaged{fluentpvc="logs"} 1',
    ]);
    expect(shown).toContain('fluent_pvc_brake_engaged{fluentpvc="events"} 0');
    census = new Map([['logs', standing({ stalled: new Map() })]]);
    expect(await lines(metrics)).toHaveLength(10);
  });
  test('is not shown by a process that does not lead', async () => {
    expect(await lines(fresh())).toEqual([]);
  });
});

test('a queue tells how many keys wait, and how long work and waiting take', async () => {
  const metrics = fresh();
  const observer = metrics.queue('pod', () => ({ depth: 4, workedMs: [1_000, 2_500] }));
  observer.added();
  observer.taken(30);
  observer.done(300);
  observer.retried();
  const lines = (await linesOf(metrics, 'workqueue_')).filter((line) => !line.includes('_bucket'));
  expect(lines).toEqual([
    'workqueue_depth{name="pod",controller="pod"} 4',
    'workqueue_unfinished_work_seconds{name="pod",controller="pod"} 3.5',
    'workqueue_longest_running_processor_seconds{name="pod",controller="pod"} 2.5',
    'workqueue_adds_total{name="pod",controller="pod"} 1',
    'workqueue_retries_total{name="pod",controller="pod"} 1',
    'workqueue_queue_duration_seconds_sum{name="pod",controller="pod"} 0.03',
    'workqueue_queue_duration_seconds_count{name="pod",controller="pod"} 1',
    'workqueue_work_duration_seconds_sum{name="pod",controller="pod"} 0.3',
    'workqueue_work_duration_seconds_count{name="pod",controller="pod"} 1',
  ]);
});

test('a controller tells its workers and each result, from 0 on', async () => {
  const metrics = fresh();
  metrics.workers('pod', { count: 8, busy: () => 3 });
  metrics.reconciled({ controller: 'pod', result: 'error', seconds: 0.3 });
  metrics.reconciled({ controller: 'pod', result: 'requeue', seconds: 0.3 });
  const lines = (await linesOf(metrics, 'controller_runtime_')).filter(
    (line) => !line.includes('_seconds'),
  );
  expect(lines).toEqual([
    'controller_runtime_reconcile_total{controller="pod",result="success"} 0',
    'controller_runtime_reconcile_total{controller="pod",result="requeue"} 1',
    'controller_runtime_reconcile_total{controller="pod",result="requeue_after"} 0',
    'controller_runtime_reconcile_total{controller="pod",result="error"} 1',
    'controller_runtime_reconcile_errors_total{controller="pod"} 1',
    'controller_runtime_max_concurrent_reconciles{controller="pod"} 8',
    'controller_runtime_active_workers{controller="pod"} 3',
  ]);
});

test('an answer and what came of the Pod are counted', async () => {
  const metrics = fresh();
  const route = '/pod/mutate';
  metrics.answered({ route, seconds: 0.004, allowed: false, reason: 'WriteRefused' });
  metrics.injection({ fluentPVC: 'logs', result: 'denied' });
  const all = (await metrics.text()).body.split('\n');
  expect(all).toEqual(
    expect.arrayContaining([
      'fluent_pvc_admission_answers_total{path="/pod/mutate",allowed="false",reason="WriteRefused"} 1',
      'controller_runtime_webhook_requests_total{webhook="/pod/mutate",code="200"} 1',
      'controller_runtime_webhook_latency_seconds_count{webhook="/pod/mutate",code="200"} 1',
      'fluent_pvc_injections_total{fluentpvc="logs",result="denied"} 1',
    ]),
  );
});

test('a request without an answer is counted as client-go counts it', async () => {
  const metrics = fresh();
  metrics.requested({ host: 'api:443', method: 'GET', code: 200 });
  metrics.requested({ host: 'api:443', method: 'GET', code: undefined });
  expect(await linesOf(metrics, 'rest_client_requests_total')).toEqual([
    'rest_client_requests_total{code="200",method="GET",host="api:443"} 1',
    'rest_client_requests_total{code="<error>",method="GET",host="api:443"} 1',
  ]);
});

test('a process tells whether it leads, and one that contends for nothing does not', async () => {
  const metrics = fresh();
  const lines = (): Promise<string[]> => linesOf(metrics, 'leader_election');
  expect(await lines()).toEqual([]);
  const leads = metrics.leadership('mine');
  expect(await lines()).toEqual(['leader_election_master_status{name="mine"} 0']);
  leads(true);
  expect(await lines()).toEqual(['leader_election_master_status{name="mine"} 1']);
  leads(false);
  expect(await lines()).toEqual(['leader_election_master_status{name="mine"} 0']);
});

test('a certificate is shown where one is served, with the end that it has when somebody asks', async () => {
  const metrics = fresh();
  const lines = (): Promise<string[]> => linesOf(metrics, 'fluent_pvc_certificate');
  expect(await lines()).toEqual([]);
  let ends = Date.parse('2027-01-01T00:00:00Z');
  metrics.certificate(() => ends);
  const name = 'fluent_pvc_certificate_expiry_timestamp_seconds';
  expect(await lines()).toEqual([`${name} ${ends / 1000}`]);
  ends += 1_000;
  expect(await lines()).toEqual([`${name} ${ends / 1000}`]);
});

test('the version is told', async () => {
  expect(await linesOf(fresh(), 'fluent_pvc_build_info')).toEqual([
    'fluent_pvc_build_info{version="1.2.3"} 1',
  ]);
});
