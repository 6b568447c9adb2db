import type { Stored } from '../../src/api/object.ts';
import { isReady, type Pod } from '../../src/api/pod.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { EventWrite, Plan } from '../../src/core/plan.ts';
import type { Turn } from './brake.ts';
import type { Eviction } from './evictions.ts';
import type { FailedSidecar } from './fleet.ts';

/** All that the decision on a Pod whose sidecar failed depends on. */
export interface SidecarObservation {
  /** ms since the epoch. */
  now: number;
  pod: Stored<Pod>;
  failure: FailedSidecar;
  turn: Turn;
  eviction: Eviction;
  /** How long disruption budgets may keep it if it is not Ready. */
  evictionTimeoutMs: number;
}

/** A Pod whose deletion was agreed to and that is still not on its way after so long is looked at again. */
const DONE_MS = 60_000;

/**
 * Deletes a Pod whose sidecar failed, so that its owner replaces it by one with a new claim; the
 * old claim is drained. One a minute where the brake is on; through the eviction API, so that
 * disruption budgets hold; deleted where they have held for too long a Pod that is not Ready anyway.
 * Pure.
 */
export function sidecarPlan(observation: SidecarObservation): Plan {
  const { now, turn, eviction } = observation;
  const { doneAt = -Infinity, notBefore = -Infinity } = eviction;
  if (doneAt + DONE_MS > now) {
    return { writes: [], requeueAfterMs: doneAt + DONE_MS - now, reason: 'the Pod is on its way' };
  }
  if (notBefore > now) {
    return {
      writes: [],
      requeueAfterMs: notBefore - now,
      reason: 'the API server has asked for patience',
    };
  }
  switch (turn.kind) {
    case 'wait':
      return waiting(observation, turn);
    case 'now':
      return deletion(observation);
    default:
      throw new Error(`no such turn: ${JSON.stringify(turn satisfies never)}`);
  }
}

function waiting(
  { pod, failure, eviction }: SidecarObservation,
  { failed, pods }: Turn & { kind: 'wait' },
): Plan {
  const note =
    `${beginning(failure)}; the Pod waits for its deletion: ${failed} of up to ${pods} Pods of ` +
    `FluentPVC "${failure.fluentPVC}" failed so, and while that lasts one of them is deleted a minute. ` +
    `If the sidecar itself is broken, mend the FluentPVC and restart the owners of its Pods.`;
  return {
    writes: eviction.waitTold === true ? [] : [event(pod, 'DeletionWaits', 'Wait', note)],
    reason: 'the brake is on',
  };
}

function deletion(observation: SidecarObservation): Plan {
  const { now, pod, failure, eviction, evictionTimeoutMs } = observation;
  const { namespace = '', name, uid } = pod.metadata;
  const ref: ObjectRef = { kind: 'Pod', namespace, name };
  const overdue = eviction.held !== undefined && now - eviction.held.since > evictionTimeoutMs;
  const forced = overdue && !isReady(pod);
  const note =
    `${beginning(failure)}: the Pod is deleted so that its owner replaces it; what is on its ` +
    `claim will be drained.`;
  return {
    writes: [
      ...(forced ? [] : hold(observation)),
      forced
        ? { verb: 'delete', ref, uid, propagation: 'Background' }
        : { verb: 'evict', ref, uid },
      event(pod, 'SidecarFailed', forced ? 'Delete' : 'Evict', note),
    ],
    reason: `the sidecar ${failure.trouble}`,
    outcome: {
      kind: 'sidecarDeletion',
      fluentPVC: failure.fluentPVC,
      trigger: failure.sidecar.podDeletionTrigger,
    },
  };
}

/** Says once that budgets hold the Pod, before the next try: nothing is told of a try that fails. */
function hold({ pod, failure, eviction, evictionTimeoutMs }: SidecarObservation): EventWrite[] {
  if (eviction.held === undefined || eviction.holdTold === true) return [];
  const limit = `${Math.round(evictionTimeoutMs / 1000)} s`;
  const note =
    `${beginning(failure)}; the Pod's eviction is refused and tried again, until it is allowed or ` +
    `the Pod has not been Ready and held for ${limit}. The API server says: ${eviction.held.by}`;
  return [event(pod, 'EvictionRefused', 'Evict', note)];
}

function beginning({ sidecar, trouble }: FailedSidecar): string {
  return `Sidecar "${sidecar.name}" ${trouble}`;
}

function event(
  pod: Stored<Pod>,
  reason: EventWrite['reason'],
  action: string,
  note: string,
): EventWrite {
  const { namespace = '', name, uid } = pod.metadata;
  const regarding = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
  return { verb: 'event', regarding, type: 'Warning', reason, action, note };
}
