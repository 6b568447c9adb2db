import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import type { ObjectKey, Stored } from '../../src/api/object.ts';
import type { Clock } from '../../src/clock.ts';
import type { EventWrite, Plan } from '../../src/core/plan.ts';
import { PACE_MS } from './brake.ts';
import type { Caches } from '../caches.ts';
import type { Decider } from '../controller.ts';
import type { Brake } from './fleet.ts';
import type { Fleets } from './fleets.ts';

/** What the report on a brake depends on. */
export interface BrakeObservation {
  /** ms since the epoch. */
  now: number;
  /** Absent where it is gone. */
  fluentPVC: Stored<FluentPVC> | undefined;
  brake: Brake;
  /** Was told that it is on? */
  told: boolean;
}

/** Says on the FluentPVC when its brake goes on, and when it goes off; follows its time. Pure. */
export function brakePlan({ now, fluentPVC, brake, told }: BrakeObservation): Plan {
  const { on, changesAt = Infinity, nextAt = Infinity } = brake;
  // Time alone may put the brake off. Whoever may go and does not is called again after a minute.
  const againAt = Math.min(changesAt, nextAt > now ? nextAt : now + PACE_MS);
  const news = fluentPVC === undefined || on === told ? [] : [report(fluentPVC, brake)];
  return {
    writes: news,
    ...(againAt === Infinity ? {} : { requeueAfterMs: Math.max(againAt - now, 0) }),
    reason: on ? 'the brake is on' : 'the brake is off',
  };
}

function report(fluentPVC: Stored<FluentPVC>, brake: Brake): EventWrite {
  return brake.on ? engaged(fluentPVC, brake) : released(fluentPVC);
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
  reason: EventWrite['reason'],
  action: string,
  note: string,
): EventWrite {
  const regarding = { apiVersion, kind, namespace: '', name, uid };
  return { verb: 'event', regarding, type, reason, action, note };
}

/** Follows the brakes of the FluentPVCs, and calls the Pods that wait. */
export function createBrakeDecider(options: {
  caches: Pick<Caches, 'fluentPVCs'>;
  fleets: Fleets;
  clock: Clock;
  /** Told of Pods that may go, or need not wait any longer. */
  call: (pod: ObjectKey) => void;
}): Decider {
  const { caches, fleets, clock, call } = options;
  /** Names of those of which was told that their brake is on. */
  const told = new Set<string>();

  const decide = (name: ObjectKey): Plan => {
    const now = clock.now();
    const fleet = fleets.named(name);
    const brake = fleet?.brake(now) ?? { on: false, failed: 0, pods: 0 };
    const before = told.has(name);
    if (brake.on) told.add(name);
    else told.delete(name);
    fleet?.toCall(now).forEach(call);
    fleets.forget(name);
    const fluentPVC = caches.fluentPVCs.get(name);
    return brakePlan({ now, fluentPVC, brake, told: before });
  };
  return { decide: (name) => Promise.resolve(decide(name)) };
}
