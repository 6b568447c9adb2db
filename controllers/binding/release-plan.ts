import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { getCondition, isTrue } from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import { finalizationOf } from '../../src/api/fluentpvc.ts';
import { DRAINED, finalizers, labels } from '../../src/api/names.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { hasFinalizer, isDeleting, type Stored } from '../../src/api/object.ts';
import { withoutFinalizer } from '../../src/core/finalizer.ts';
import { pointer, type Plan, type Write } from '../../src/core/plan.ts';
import { giveBack, isForUs, isKept, isRescue } from '../../src/core/rescue.ts';
import { claimRef, ending, isClaimOf, isOurs, jobDeletion, statusPlan } from './binding-facts.ts';
import { NEVER_BOUND } from './drain/undrained.ts';
import type { VolumeSight } from './rescue/rescue-begin.ts';
import { rescueDisabled } from './rescue/rescue-report.ts';

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
  job: Stored<Job> | undefined;
  /** Pods of finalizer Jobs. */
  jobPods: readonly Stored<Pod>[];
  /** That was rescued, read live; else `absent`. */
  volume: VolumeSight;
}

/** A report of a rescue does not speak of its Job. */
const NO_JOB = { job: undefined, jobPodEnd: undefined };

/** What is left to do for a binding whose claim may go. Pure. */
export function releasePlan(observation: ReleaseObservation): Plan {
  const { now, binding, claim, job, jobPods, volume } = observation;
  const conditions = binding.status?.conditions;
  const doubt = whyUsed(observation);
  if (doubt !== undefined) return reconsidered(observation, doubt);
  const drained = isTrue(conditions, 'FinalizerJobSucceeded') || isTrue(conditions, 'DataGivenUp');
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
  const kept = claim !== undefined && hasFinalizer(claim, finalizers.claim);
  if (claim !== undefined && (kept || !isDeleting(claim)) && !isRetained(claim, binding)) {
    if (!isOurs(claim, binding)) return changed(now, binding);
    const ref = claimRef(binding);
    if (isToRetain(binding)) {
      writes.push(retention(ref, claim), ...ending(binding));
      return { writes, reason: 'the claim is drained and kept; the binding ends' };
    }
    if (!isDeleting(claim)) {
      const { uid, resourceVersion } = claim.metadata;
      // What was never used goes as it was looked at, and not when it got a volume since.
      const version = drained ? {} : { resourceVersion };
      writes.push({ verb: 'delete', ref, uid, ...version, propagation: 'Background' });
    }
    const inUse = hasFinalizer(claim, finalizers.claimInUse) || !isDeleting(claim);
    if (!drained && inUse) {
      // The claim's own watch says when the last Pod that names it is gone.
      return { writes, reason: 'the claim was never used; waiting until no Pod names it' };
    }
    writes.push(withoutFinalizer(ref, claim, finalizers.claim));
  }
  writes.push(...ending(binding));
  return { writes, reason: 'the claim is released and the binding ends' };
}

/** A reason to drain what was taken for never used, and is not on its way out yet. */
interface Doubt {
  reason: string;
  message: string;
}

/** Is there, after all, something that data may be on? */
function whyUsed({ binding, claim }: ReleaseObservation): Doubt | undefined {
  const missing = getCondition(binding.status?.conditions, 'PodMissing');
  if (missing?.status !== 'True' || missing.reason !== NEVER_BOUND) return undefined;
  if (claim?.spec.volumeName === undefined || isDeleting(claim) || !isOurs(claim, binding)) {
    return undefined;
  }
  const message = `PVC "${binding.spec.pvc.name}" got a PersistentVolume after all: it is drained.`;
  return { reason: 'ClaimBound', message };
}

function reconsidered(observation: ReleaseObservation, { reason, message }: Doubt): Plan {
  return statusPlan(observation, 'a claim that was to go unused is drained', [
    { type: 'PodMissing', status: 'False', reason, message },
  ]);
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
function retention(ref: ObjectRef, claim: Stored<Claim>): Write {
  const release = withoutFinalizer(ref, claim, finalizers.claim);
  const path = `/metadata/labels${pointer(labels.state)}`;
  return { ...release, body: [...release.body, { op: 'add', path, value: DRAINED }] };
}

/** Was that done, before a crash? */
function isRetained(claim: Stored<Claim>, binding: Stored<Binding>): boolean {
  return (
    claim.metadata.labels?.[labels.state] === DRAINED &&
    !hasFinalizer(claim, finalizers.claim) &&
    isClaimOf(claim, binding)
  );
}

/** The binding stays, so that the claim is not forgotten with our finalizer on it. */
function changed(now: number, binding: Stored<Binding>): Plan {
  const message =
    `PVC "${binding.spec.pvc.name}" has not the uid, label, annotation and finalizer that this ` +
    `binding knows: it is left alone. Restore them, or delete it by hand, without the finalizer ` +
    `${finalizers.claim}; nothing on it waits to be drained.`;
  return statusPlan({ now, binding }, 'the claim was changed', [
    { type: 'Unknown', status: 'True', reason: 'PVCNotOurs', message },
  ]);
}
