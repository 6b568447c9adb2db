import { expect, test } from '@jest/globals';
import { eventually } from '../test/support/eventually.ts';
import { deployment, podsOf } from './deployment.ts';
import { copyingFluentPVC, ONE_LINE } from './lines.ts';
import { metric } from './metrics.ts';
import { notesOf } from './seen.ts';
import { openNamespace, PATIENCE_MS, type Stage } from './stage.ts';

function note(from: Stage, reason: string): Promise<string> {
  return eventually(
    `the Event ${reason}`,
    async () => (await notesOf(from, reason))[0],
    PATIENCE_MS,
  );
}

/** A test on a stage that is open when it runs, with an operator whose metrics are at that port. */
export function brake(stage: () => Stage, metricsPort: () => number): void {
  test.concurrent(
    'a sidecar that ends at once loops no fleet: the brake goes on, and one Pod goes a minute',
    async () => {
      const fleet = await openNamespace(stage(), 'fleet');
      const sidecar = 'until [ -s /buffer/log ]; do sleep 0.2; done; sleep 1; exit 1';
      const broken = copyingFluentPVC('fleet', { sidecar });
      await fleet.client.create(broken);
      const app = `${ONE_LINE}; exec sleep 1000000`;
      const quick = { terminationGracePeriodSeconds: 1 };
      await fleet.kubectl.feed('apply', deployment('fleet', app, { replicas: 6, ...quick }));
      const engaged = (): Promise<number> =>
        metric(metricsPort(), 'fluent_pvc_brake_engaged', 'fleet');
      await eventually('the brake to go on', async () => (await engaged()) === 1, PATIENCE_MS);
      expect(await note(stage(), 'BrakeEngaged')).toMatch(/Pods failed within 5 min/);
      await note(fleet, 'DeletionWaits');

      const deletions = (): Promise<number> =>
        metric(metricsPort(), 'fluent_pvc_sidecar_deletions_total', 'fleet');
      /** When one more has gone, in ms since the epoch. */
      const next = async (before: number): Promise<number> => {
        await eventually('the next deletion', async () => (await deletions()) > before, 90_000);
        expect(await deletions()).toBe(before + 1);
        return Date.now();
      };
      const before = await deletions();
      const first = await next(before);
      const second = await next(before + 1);
      expect(second - first).toBeGreaterThan(50_000);

      // Whoever mends the sidecar and restarts the owner need not wait for the minutes.
      await fleet.kubectl.feed('apply', copyingFluentPVC('fleet'));
      await fleet.kubectl('rollout', 'restart', 'deployment/fleet');
      await fleet.kubectl('rollout', 'status', 'deployment/fleet', '--timeout=60s');
      const failed = (await podsOf(fleet, 'fleet'))
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .flatMap(({ status }) => status?.initContainerStatuses ?? [])
        .filter(({ restartCount = 0 }) => restartCount > 0);
      expect(failed).toEqual([]);

      // It still knows of those that failed. They are less than half of them all now.
      expect(await engaged()).toBe(1);
      await fleet.kubectl('scale', 'deployment/fleet', '--replicas=30');
      expect(await note(stage(), 'BrakeReleased')).toMatch(/less than half of them/);
      expect(await engaged()).toBe(0);
      await fleet.kubectl('delete', 'deployment', 'fleet');
    },
  );
}
