import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/metrics.ts';

test('a watch tells its silence and its ends, as they are when somebody asks', async () => {
  const metrics = createMetrics();
  const pods = { silentMs: 1_500, ends: new Map([['closed', 2]]) };
  metrics.watch('pods', pods);
  metrics.watch('jobs', { silentMs: 0, ends: new Map() });
  const lines = async (): Promise<string[]> =>
    (await metrics.text()).body.split('\n').filter((line) => line.startsWith('fluent_pvc_watch'));
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
