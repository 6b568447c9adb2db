/**
 * The brake: a broken sidecar image must not loop a whole fleet, Pod after Pod deleted, replaced and
 * deleted again. Where many of a FluentPVC's Pods have failing sidecars, one of them goes a minute;
 * the others keep running, and what they write stays on their claims.
 *
 *     off ──(5 or more Pods, and at least half of them all, fail within 5 min)──> on
 *      ^                                                                          │
 *      └──────────────(fewer than 5, or less than half)───────────────────────────┘
 *
 * A Pod counts from when its sidecar is found failed until 5 min after it went or was well again: one
 * that waits for its turn has not stopped failing.
 */
export const WINDOW_MS = 5 * 60_000;
export const PACE_MS = 60_000;
const LEAST_PODS = 5;
/** Who has more Pods before it looks again after as many turns. */
export const FAR_AHEAD = 60;

/** How many Pods of a FluentPVC there are and how many of their sidecars failed. */
export interface FleetCount {
  failed: number;
  /** The most that were there at once within the window. */
  pods: number;
}

/** Is the brake on? Pure. */
export function isBraked({ failed, pods }: FleetCount): boolean {
  return failed >= LEAST_PODS && failed * 2 >= pods;
}

/** Whether a Pod whose sidecar failed may be deleted. */
export type Turn =
  | { kind: 'now' }
  /** The brake holds it: look again after that many ms. */
  | ({ kind: 'wait'; ms: number } & FleetCount);

/** What the turn of a Pod depends on. Times are ms since the epoch. */
export interface TurnObservation extends FleetCount {
  now: number;
  /** Since when the brake is on; absent where it is off. */
  brakedSince?: number | undefined;
  /** When the last one was deleted; -Infinity where none was, as far as is known. */
  deletedAt: number;
  /** Is the API server asked to delete one right now? */
  asking: boolean;
  /** How many Pods failed before this one and are still there; counted up to {@link FAR_AHEAD}. */
  ahead: number;
}

/**
 * May the Pod go now? The first minute counts from when the brake went on: who starts anew, and does
 * not know of deletions before, must not delete one a start. Pure.
 */
export function turn(observation: TurnObservation): Turn {
  const { now, brakedSince, deletedAt, asking, ahead, failed, pods } = observation;
  if (brakedSince === undefined) return { kind: 'now' };
  const nextAt = asking ? now + PACE_MS : Math.max(brakedSince, deletedAt) + PACE_MS;
  if (nextAt <= now) return { kind: 'now' };
  const ms = nextAt - now + ahead * PACE_MS;
  return { kind: 'wait', ms, failed, pods };
}
