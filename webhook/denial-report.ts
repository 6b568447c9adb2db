import type { OwnerReference } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Denial } from './review.ts';

/** Owners ask for the same Pod again within seconds: one Event an owner and reason in this time. */
const QUIET_MS = 60_000;
/** Best effort: with more owners than this at once, the oldest are forgotten. */
const MAX_REMEMBERED = 1_000;
const WRITE_MS = 10_000;

/**
 * Tells the owner of a Pod why it was denied: a ReplicaSet shows little, and who looks at it with
 * `kubectl describe` should read our words. Called after the answer; never fails.
 */
export type DenialReport = (denied: { namespace: string; pod: Pod; denial: Denial }) => void;

export function createDenialReport({
  writer,
  clock,
}: {
  writer: Pick<Writer, 'apply'>;
  clock: Clock;
}): DenialReport {
  /** When it was told last, by owner and reason; the oldest first. */
  const toldAt = new Map<string, number>();

  const isDue = (key: string): boolean => {
    const now = clock.now();
    if (now - (toldAt.get(key) ?? -Infinity) < QUIET_MS) return false;
    toldAt.delete(key);
    toldAt.set(key, now);
    for (const [other, at] of toldAt) {
      if (toldAt.size <= MAX_REMEMBERED && now - at < QUIET_MS) break;
      toldAt.delete(other);
    }
    return true;
  };

  return ({ namespace, pod, denial }) => {
    const owner = controllerOf(pod);
    if (owner === undefined || !isDue(`${owner.uid}/${denial.reason}`)) return;
    const { apiVersion, kind, name, uid } = owner;
    // The writer logs and forgets an Event that cannot be written.
    void writer.apply(
      [
        {
          verb: 'event',
          regarding: { apiVersion, kind, namespace, name, uid },
          type: 'Warning',
          reason: 'InjectionDenied',
          action: 'Deny',
          note: `${denial.reason}: ${denial.message}`,
        },
      ],
      { signal: AbortSignal.timeout(WRITE_MS) },
    );
  };
}

function controllerOf(pod: Pod): OwnerReference | undefined {
  return pod.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
