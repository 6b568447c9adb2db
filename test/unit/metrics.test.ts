import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/metrics.ts';

async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const { body } = await metrics.text();
  return body.split('\n').filter((line) => line.startsWith(name));
}

test('a watch tells its silence and its ends, as they are when somebody asks', async () => {
  const metrics = createMetrics();
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

test('Pods deleted because of their sidecar are counted by FluentPVC and trigger', async () => {
  const metrics = createMetrics();
  metrics.sidecarDeletion({ fluentPVC: 'logs', trigger: 'SidecarFailure' });
  metrics.sidecarDeletion({ fluentPVC: 'logs', trigger: 'SidecarFailure' });
  expect(await linesOf(metrics, 'fluent_pvc_sidecar_deletions_total')).toEqual([
    'fluent_pvc_sidecar_deletions_total{fluentpvc="logs",trigger="SidecarFailure"} 2',
  ]);
});

test('brakes are read when somebody asks, and a FluentPVC that is gone is not shown any more', async () => {
  const metrics = createMetrics();
  const brakes = [
    { fluentPVC: 'logs', on: true },
    { fluentPVC: 'events', on: false },
  ];
  metrics.brakes(() => brakes);
  expect(await linesOf(metrics, 'fluent_pvc_brake_engaged')).toEqual([
    'fluent_pvc_brake_engaged{fluentpvc="logs"} 1',
    'fluent_pvc_brake_engaged{fluentpvc="events"} 0',
  ]);
  brakes.length = 1;
  expect(await linesOf(metrics, 'fluent_pvc_brake_engaged')).toHaveLength(1);
});
