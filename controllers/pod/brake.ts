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
/**
 * So many of those that wait look whether they may go when one may: the first that no budget holds
 * goes.
 */
export const FIRST_IN_LINE = 10;
const LEAST_PODS = 5;

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
  /** The brake holds it: whoever waits is called when its turn may have come. */
  | ({ kind: 'wait' } & FleetCount);

/** When the next Pod may go depends on that. Times are ms since the epoch. */
export interface Pace {
  now: number;
  /** Since when the brake is on. */
  brakedSince: number;
  /** When the last one was deleted; -Infinity where none was, as far as is known. */
  deletedAt: number;
  /** Is the API server asked to delete one right now? */
  asking: boolean;
}

/**
 * When the next Pod may go, with the brake on. The first minute counts from when it went on: who
 * starts anew, and does not know of deletions before, must not delete one a start. Pure.
 */
export function nextTurnAt({ now, brakedSince, deletedAt, asking }: Pace): number {
  return (asking ? now : Math.max(brakedSince, deletedAt)) + PACE_MS;
}
