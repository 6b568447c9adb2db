import { getCondition, isTrue } from '../../../src/api/condition.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import { hasEnded, type Pod } from '../../../src/api/pod.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { statusPlan, type BindingCondition } from '../binding-facts.ts';
import { volumeField } from '../first-seen.ts';
import { learned, over, suspected, writerKnown, type InUseFacts } from './in-use-report.ts';
import { overdueInMs, STUCK_AGAIN_MS, whyStuck } from './stuck-pod.ts';
import { graceMsOf, writerStopped, type NodeSight } from './writer-stopped.ts';

/**
 * Is the Pod of the binding over? A watch event never proves it; what was read live does.
 *
 *     running ──(a) ended, no container running ─────────────────────────────> OutOfUse
 *        │
 *        ├─ deleted, and 30 s over its time still there: WriterMayBeAlive, but never over by itself
 *        │
 *        └─ gone ──(b) it was seen to end, or never had a node ──────────────> OutOfUse
 *             │
 *             └─(c) gone while it ran: WriterMayBeAlive ──> its node is gone, or out of service
 *                   and not Ready, or is Ready and renewed its Lease for long enough ──> OutOfUse
 *
 *     never seen ──(70 s, proof that it never existed)──> PodMissing
 *         └────────(no proof after 115 s, or none possible)──> as (c), its node unknown: drained, in
 *                   case it was there
 */
export interface InUseObservation extends InUseFacts {
  /** When the Pod was admitted, in ms since the epoch. */
  admittedAt: number;
  pod: PodSight;
}

/** What is known of the Pod of a binding. */
export type PodSight =
  /**
   * It was read live, or a watch shows it running. `stuckOn`: the node of one that is being deleted and
   * should be gone.
   */
  | { kind: 'present'; pod: Stored<Pod>; watched: boolean; stuckOn?: NodeSight }
  /**
   * A live read did not find it. `last`: as the watch's own deletion showed it, so many ms before;
   * from then on it was not seen, and may have been there if only its label had gone.
   */
  | { kind: 'gone'; last: Stored<Pod> | undefined; readAfterMs: number; node: NodeSight }
  /** No Pod of this binding was ever seen. */
  | { kind: 'unseen'; absence: Absence };

/** Is it proven that there was no Pod? Where it can't be any more, nothing is gained by waiting. */
export type Absence = 'proven' | 'unproven' | 'unprovable';

/** Reason of the condition `PodMissing` where it is proven that there was no Pod. */
export const NEVER_CREATED = 'PodNeverCreated';
/** An API request may take 60 s: before that Pod, claim or binding may still be on their way. */
export const MAY_ARRIVE_MS = 70_000;
/** Without proof of its absence by then, a Pod is taken to have been there, and gone. */
const NO_PROOF_MS = 115_000;
/**
 * A Pod that is gone so soon after it was seen without a node never had one: it would have to lose its
 * label, get a node, start its containers and go by force in that time.
 */
const UNSEEN_MS = 10_000;
/** Pods that lost their label are not watched. */
const UNWATCHED_AGAIN_MS = 30_000;

/** What becomes of a binding whose Pod was not known to be over. Pure. */
export function inUsePlan(observation: InUseObservation): Plan {
  const { pod } = observation;
  switch (pod.kind) {
    case 'present':
      return hasEnded(pod.pod)
        ? over(observation, pod.pod, `Pod${pod.pod.status?.phase ?? 'Ended'}`, 'ended')
        : running(observation, pod);
    case 'gone':
      return gone(observation, pod);
    case 'unseen':
      return unseen(observation, pod.absence);
    default:
      throw new Error(`no such sight: ${JSON.stringify(pod satisfies never)}`);
  }
}

/** Does the sight prove that the Pod, which is gone, had ended, or never ran? */
export function hasProvenEnd(sight: PodSight): boolean {
  if (sight.kind !== 'gone' || sight.last === undefined) return false;
  const neverRan = sight.last.spec.nodeName === undefined && sight.readAfterMs <= UNSEEN_MS;
  return hasEnded(sight.last) || neverRan;
}

function running(
  observation: InUseObservation,
  { pod, watched, stuckOn }: PodSight & { kind: 'present' },
): Plan {
  const { now, binding } = observation;
  const dueMs = stuckOn === undefined ? overdueInMs(pod, now) : STUCK_AGAIN_MS;
  const againMs = Math.min(
    watched ? Infinity : UNWATCHED_AGAIN_MS,
    // One without a node is not looked at: there is none that could keep it.
    dueMs !== undefined && dueMs > 0 ? dueMs : Infinity,
  );
  const again = againMs === Infinity ? {} : { requeueAfterMs: againMs };
  const seen = learned(observation, pod);
  if (seen !== undefined) return { ...seen, ...again };
  const { nodeName } = pod.spec;
  if (nodeName === undefined) return { writes: [], reason: 'the Pod has no node yet', ...again };
  const conditions: BindingCondition[] = [
    {
      type: 'Ready',
      status: 'True',
      reason: 'PodAndPVCFound',
      message: `Pod "${pod.metadata.name}" uses PVC "${binding.spec.pvc.name}".`,
    },
  ];
  // Kept here: a force delete that follows takes it off the Pod.
  const { deletionGracePeriodSeconds = 0 } = pod.metadata;
  const longer = deletionGracePeriodSeconds * 1000 > graceMsOf(binding, { ...pod, metadata: {} });
  const fields = {
    nodeName,
    ...volumeField(observation.volumeName),
    ...(longer ? { deletionGracePeriodSeconds } : {}),
  };
  if (stuckOn !== undefined) {
    // Should it go by force later, its node's renewals count from then on.
    const uncounted = { ...fields, nodeRenewTime: null };
    return {
      ...suspected(observation, whyStuck(pod, stuckOn), conditions, uncounted),
      ...again,
    };
  }
  if (isTrue(binding.status?.conditions, 'WriterMayBeAlive')) {
    conditions.push(writerKnown(`Pod "${pod.metadata.name}" is there.`));
  }
  return { ...statusPlan(observation, 'the Pod is in use', conditions, fields), ...again };
}

function gone(observation: InUseObservation, sight: PodSight & { kind: 'gone' }): Plan {
  const { now, binding } = observation;
  const { last, readAfterMs, node } = sight;
  const name = binding.spec.pod.name === '' ? last?.metadata.name : binding.spec.pod.name;
  const uid = binding.spec.pod.uid === '' ? last?.metadata.uid : binding.spec.pod.uid;
  if (last !== undefined && hasEnded(last))
    return over(observation, last, 'PodGone', 'ended and is gone');
  if (last !== undefined && last.spec.nodeName === undefined && readAfterMs <= UNSEEN_MS) {
    return over(observation, last, 'PodNeverScheduled', 'is gone and never had a node');
  }
  const assumed = binding.metadata.annotations?.[annotations.assumeStopped];
  if (assumed !== undefined && assumed === uid) {
    return over(observation, last, 'AssumedStopped', 'is gone; somebody said that it has stopped');
  }

  const known = getCondition(binding.status?.conditions, 'WriterMayBeAlive');
  const isKnown = known?.status === 'True';
  const recorded = isKnown ? binding.status?.nodeRenewTime : undefined;
  const first = node.kind === 'present' ? countedFrom(node, recorded) : undefined;
  const wait = writerStopped(
    {
      node,
      // Or since when it was stuck: but then its node is known, and this time counts for none that is.
      goneAt: isKnown ? Date.parse(known.lastTransitionTime) : now,
      renewedAtFirst: first,
      graceMs: graceMsOf(binding, last),
    },
    now,
  );
  if (wait.stopped) return over(observation, last, wait.reason, `is gone; ${wait.message}`);
  const way =
    uid === undefined
      ? ''
      : ` Once they are known to be stopped, set the annotation ${annotations.assumeStopped}: ${uid}.`;
  const message = `The Pod "${name ?? ''}" may be gone while its containers ran: ${wait.message}.${way}`;
  const nodeRenewTime = first === undefined ? null : new Date(first).toISOString();
  const plan = suspected(observation, { reason: wait.reason, message }, [], { nodeRenewTime });
  return { ...plan, requeueAfterMs: wait.againMs };
}

/**
 * The renewal from which on the kubelet has had time to stop the containers: the one of when the Pod
 * was missed, or, where the kubelet was away since, the first one after that.
 */
function countedFrom(
  { renewedAt, unbrokenSince }: NodeSight & { kind: 'present' },
  recorded: string | undefined,
): number | undefined {
  if (renewedAt === undefined || unbrokenSince === undefined) return undefined;
  return Math.max(recorded === undefined ? renewedAt : Date.parse(recorded), unbrokenSince);
}

function unseen(observation: InUseObservation, absence: Absence): Plan {
  const { now, binding, admittedAt } = observation;
  const ageMs = now - admittedAt;
  if (ageMs < MAY_ARRIVE_MS) {
    return { writes: [], requeueAfterMs: MAY_ARRIVE_MS - ageMs, reason: 'waiting for the Pod' };
  }
  if (absence === 'proven') {
    const message = 'The Pod was never created: the claim is released without a drain.';
    const conditions: BindingCondition[] = [
      { type: 'PodMissing', status: 'True', reason: NEVER_CREATED, message },
    ];
    if (isTrue(binding.status?.conditions, 'WriterMayBeAlive'))
      conditions.push(writerKnown(message));
    return statusPlan(observation, 'the Pod was never created', conditions);
  }
  if (absence === 'unproven' && ageMs < NO_PROOF_MS) {
    return {
      writes: [],
      requeueAfterMs: NO_PROOF_MS - ageMs,
      reason: 'waiting for proof that there was no Pod',
    };
  }
  // It may have been there, and its containers may still be.
  const node = { kind: 'unknown' } as const;
  return gone(observation, { kind: 'gone', last: undefined, readAfterMs: Infinity, node });
}
