import type { FluentPVC } from '../src/api/fluentpvc.ts';
import type { ObjectKey, Stored } from '../src/api/object.ts';
import type { Clock } from '../src/clock.ts';
import type { EventWrite, Plan } from '../src/core/plan.ts';
import type { Caches } from './caches.ts';
import type { Decider } from './controller.ts';
import type { Brake } from './fleet.ts';
import type { Fleets } from './fleets.ts';

/** What the report on a brake depends on. */
export interface BrakeObservation {
  /** ms since the epoch. */
  now: number;
  fluentPVC: Stored<FluentPVC>;
  brake: Brake;
  /** Was told that it is on? */
  told: boolean;
}

/** Says on the FluentPVC when its brake goes on, and when it goes off. Pure. */
export function brakePlan({ now, fluentPVC, brake, told }: BrakeObservation): Plan {
  const { on, changesAt } = brake;
  return {
    writes: on === told ? [] : [on ? engaged(fluentPVC, brake) : released(fluentPVC)],
    // Time alone may put the brake off.
    ...(changesAt === undefined ? {} : { requeueAfterMs: Math.max(changesAt - now, 0) }),
    reason: on ? 'the brake is on' : 'the brake is off',
  };
}

function engaged(fluentPVC: Stored<FluentPVC>, { failed, pods }: Brake): EventWrite {
  const note =
    `The sidecars of ${failed} of up to ${pods} Pods failed within 5 min: from now on one Pod is ` +
    `deleted a minute; the others keep running, and what they write stays on their claims. If the ` +
    `sidecar itself is broken, mend it here: Pods made afterwards get it. Restarting the owners of ` +
    `the Pods replaces all of them sooner.`;
  return event(fluentPVC, 'Warning', 'BrakeEngaged', 'Brake', note);
}

function released(fluentPVC: Stored<FluentPVC>): EventWrite {
  const note =
    'Fewer than 5 Pods, or less than half of them, have had a failing sidecar within 5 min: a Pod ' +
    'whose sidecar fails is deleted at once again.';
  return event(fluentPVC, 'Normal', 'BrakeReleased', 'Release', note);
}

function event(
  { apiVersion, kind, metadata: { name, uid } }: Stored<FluentPVC>,
  type: EventWrite['type'],
  reason: string,
  action: string,
  note: string,
): EventWrite {
  const regarding = { apiVersion, kind, namespace: '', name, uid };
  return { verb: 'event', regarding, type, reason, action, note };
}

/** Follows the brakes of the FluentPVCs. */
export function createBrakeDecider(options: {
  caches: Pick<Caches, 'fluentPVCs'>;
  fleets: Fleets;
  clock: Clock;
  /** Told of Pods that need not wait any longer. */
  released: (pod: ObjectKey) => void;
}): Decider {
  const { caches, fleets, clock } = options;
  /** Names of those of which was told that their brake is on. */
  const told = new Set<string>();

  const decide = (name: ObjectKey): Plan => {
    const brake = fleets.named(name)?.brake(clock.now()) ?? { on: false, failed: 0, pods: 0 };
    const before = told.has(name);
    if (brake.on) told.add(name);
    else told.delete(name);
    if (before && !brake.on) {
      for (const { key } of fleets.named(name)?.failures() ?? []) options.released(key);
    }
    fleets.forget(name);
    const fluentPVC = caches.fluentPVCs.get(name);
    if (fluentPVC === undefined) return { writes: [], reason: 'the FluentPVC is gone' };
    return brakePlan({ now: clock.now(), fluentPVC, brake, told: before });
  };
  return { decide: (name) => Promise.resolve(decide(name)) };
}
