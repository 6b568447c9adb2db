import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isTrue } from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import { finalizationOf } from '../../src/api/fluentpvc.ts';
import { DRAINED, finalizers, labels } from '../../src/api/names.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { hasFinalizer, isDeleting, type Stored } from '../../src/api/object.ts';
import { withoutFinalizer } from '../../src/core/finalizer.ts';
import { pointer, type Plan, type Write } from '../../src/core/plan.ts';
import { giveBack, isForUs, isKept, isRescue } from '../../src/core/rescue.ts';
import { claimDeletion, claimRef, ending, jobDeletion, statusPlan } from './binding-facts.ts';
import { claimIdentity } from './claim-identity.ts';
import type { VolumeSight } from './rescue/rescue-begin.ts';
import { rescueDisabled } from './rescue/rescue-report.ts';
import { doubtOf, reconsidered } from './unused-claim.ts';

/**
 * Lets a claim go, and the binding with it, when it is recorded that there is nothing in it.
 *
 *     drained, or given up:
 *                   Job goes, claim deleted, our finalizer off it, binding ends
 *     drained, and `onSuccess: Retain`:
 *                   Job goes, our finalizer off the claim and the label `state: drained` on it, in
 *                   one patch, binding ends
 *     rescued:      before that, the volume gets the policy back that it had
 *     never used:   claim deleted ──(kubernetes.io/pvc-protection is off: no Pod names it)──>
 *                   our finalizer off it, binding ends. Where it turns out before that there was
 *                   something after all, that is said, and it is drained
 *
 * Deleted first, finalizer off second: a claim without our finalizer that was not deleted would be
 * nobody's. The claim itself disappears when the last Pod that names it does.
 *
 * Only what was drained is retained: a claim that was never used has nothing on it, and who gives
 * data up wants its storage back.
 */
export interface ReleaseObservation {
  now: number;
  binding: Stored<Binding>;
  /** The claim, asked live where the cache has none. */
  claim: Stored<Claim> | undefined;
  /** Those that were injected with the claim. */
  pods: readonly Stored<Pod>[];
  job: Stored<Job> | undefined;
  /** Pods of finalizer Jobs. */
  jobPods: readonly Stored<Pod>[];
  /** That was rescued, read live; else `absent`. */
  volume: VolumeSight;
}

/** A claim without our label is not watched. */
const UNWATCHED_AGAIN_MS = 30_000;
/** A report of a rescue does not speak of its Job. */
const NO_JOB = { job: undefined, jobPodEnd: undefined };

/** What is left to do for a binding whose claim may go. Pure. */
export function releasePlan(observation: ReleaseObservation): Plan {
  const { binding, claim, pods, job, jobPods, volume } = observation;
  const doubt = doubtOf(binding, claim, pods);
  if (doubt !== undefined) return reconsidered(observation, doubt);
  const writes: Write[] = [];
  if (job !== undefined && !isDeleting(job)) writes.push(jobDeletion(job, 'Background'));
  // Those that no Job takes with it, because somebody took it off them: a finished Pod keeps the
  // claim, too.
  const left = jobPods.filter(
    ({ metadata }) => job === undefined || !metadata.ownerReferences?.[0],
  );
  for (const pod of left.filter((one) => !isDeleting(one))) {
    const { namespace, name, uid } = pod.metadata;
    const ref: ObjectRef = { kind: 'Pod', namespace, name };
    writes.push({ verb: 'delete', ref, uid, propagation: 'Background' });
  }
  if (isRescue(binding)) {
    if (volume === 'unseen') return rescueDisabled({ ...observation, binding, ...NO_JOB });
    // Before its claim goes: then its own policy says what becomes of it.
    if (volume !== 'absent' && isKept(volume, binding) && isForUs(volume, binding)) {
      writes.push(giveBack(volume, binding));
    }
  }
  const identity = claimIdentity(claim, binding);
  switch (identity.is) {
    case 'ours':
      return withClaim(observation, identity.claim, writes);
    case 'stripped':
    case 'doubtful':
      if (!isDeleting(identity.claim) || hasFinalizer(identity.claim, finalizers.claim)) {
        return claimChanged(observation);
      }
      break;
    case 'absent':
    case 'retained':
    case 'stranger':
      // Ours is gone, or let go, and nothing on it waited: what has its name is not our business.
      break;
    default:
      throw new Error(`no such identity: ${JSON.stringify(identity satisfies never)}`);
  }
  writes.push(...ending(binding));
  return { writes, reason: 'there is no claim left, and the binding ends' };
}

function withClaim(
  { binding }: ReleaseObservation,
  claim: Stored<Claim>,
  before: readonly Write[],
): Plan {
  const conditions = binding.status?.conditions;
  if (isToRetain(binding)) {
    const writes = [...before, ...retention(claimRef(binding), claim), ...ending(binding)];
    return {
      writes,
      reason: 'the claim is drained and kept; the binding ends',
      outcome: { kind: 'retained', fluentPVC: binding.spec.fluentPVC.name },
    };
  }
  const drained = isTrue(conditions, 'FinalizerJobSucceeded') || isTrue(conditions, 'DataGivenUp');
  if (!drained && (hasFinalizer(claim, finalizers.claimInUse) || !isDeleting(claim))) {
    const { uid, resourceVersion } = claim.metadata;
    const ref = claimRef(binding);
    // As it was looked at, and not when it got a volume since.
    const version = { uid, resourceVersion };
    const deletion: Write = { verb: 'delete', ref, ...version, propagation: 'Background' };
    // The claim's own watch says when the last Pod that names it is gone.
    return {
      writes: isDeleting(claim) ? [...before] : [...before, deletion],
      reason: 'the claim was never used; waiting until no Pod names it',
    };
  }
  return {
    writes: [...before, ...claimDeletion(claim, binding), ...ending(binding)],
    reason: 'the claim is released and the binding ends',
  };
}

/** Is the claim drained, and meant to be there afterwards? One that was rescued somebody had deleted. */
function isToRetain({ spec, status }: Binding): boolean {
  const drained = isTrue(status?.conditions, 'FinalizerJobSucceeded') && spec.rescue === undefined;
  return drained && finalizationOf(spec).onSuccess === 'Retain';
}

/**
 * In one patch: a claim with the label alone would not be watched and still be kept by us, one
 * without either would be nobody's. Where somebody has deleted it meanwhile, it goes with that.
 */
function retention(ref: ObjectRef, claim: Stored<Claim>): Write[] {
  const path = `/metadata/labels${pointer(labels.state)}`;
  return withoutFinalizer(ref, claim, finalizers.claim, [{ op: 'add', path, value: DRAINED }]);
}

/** The binding stays, so that the claim is not forgotten with our finalizer on it. */
function claimChanged({ now, binding }: ReleaseObservation): Plan {
  const message =
    `PVC "${binding.spec.pvc.name}" has not the uid, label, annotation and finalizer that this ` +
    `binding knows: it is left alone. Restore them, or delete it by hand, without the finalizer ` +
    `${finalizers.claim}; nothing on it waits to be drained.`;
  const plan = statusPlan({ now, binding }, 'the claim was changed', [
    { type: 'Unknown', status: 'True', reason: 'PVCNotOurs', message },
  ]);
  return { ...plan, requeueAfterMs: UNWATCHED_AGAIN_MS };
}
