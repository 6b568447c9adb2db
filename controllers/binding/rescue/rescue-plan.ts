import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { isTrue } from '../../../src/api/condition.ts';
import { jobOutcome } from '../../../src/api/job.ts';
import { isDeleting, type Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { CreateWrite, Plan, Write } from '../../../src/core/plan.ts';
import {
  handOver,
  isForNew,
  isForUs,
  isKept,
  keepVolume,
  rescueClaim,
  type RescueBinding,
} from '../../../src/core/rescue.ts';
import { refusalOf, type CreateRefusal } from '../../../src/kube/create-refusal.ts';
import { claimDeletion, ending, jobDeletion } from '../binding-facts.ts';
import { claimIdentity, ownClaim } from '../claim-identity.ts';
import { identityWrite } from '../first-seen.ts';
import { failed, isFailureRecorded, type DrainFacts } from '../drain/drain-report.ts';
import type { VolumeSight } from './rescue-begin.ts';
import {
  moving,
  nameTaken,
  oldClaimStays,
  rescueDisabled,
  rescued,
  taken,
  volumeGoes,
  volumeLost,
} from './rescue-report.ts';
import type { IdleJob } from '../drain/idle-job.ts';
import { refused } from '../drain/stalled-drain.ts';

/**
 * Brings a volume to a claim that can be drained, where the claim that the Pod wrote to was deleted,
 * or its namespace was. Which step it is at stands in volume and claims, not in the binding, so that
 * a crash between any two writes changes nothing (docs/rescue.md).
 *
 *     volume not marked ──> label of ours, policy Retain, the policy it had in an annotation
 *     old claim is there ──> our finalizer off; it goes when no Pod names it
 *     old claim is gone ──> claimRef: the new claim, by name ──> new claim, by the volume's name
 *     new claim is bound ──> drained as any other; at the end the volume gets its policy back
 *
 * The claimRef is never empty: a volume that is free is taken by any stranger's claim.
 */
export interface RescueObservation extends DrainFacts {
  binding: RescueBinding;
  /** Read live. */
  volume: VolumeSight;
  /** A Job that is under way has no Pod that runs. */
  idle: Pick<IdleJob, 'endedAt'> | undefined;
  /** What the API server did not take of the last plan. */
  refusal: CreateRefusal | undefined;
}

/** Has the binding a rescue to do before its claim can be drained? */
export function isRescuing(
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
): binding is RescueBinding {
  if (binding.spec.rescue === undefined) return false;
  return (
    claim === undefined ||
    !isNew(claim, binding as RescueBinding) ||
    claim.status?.phase !== 'Bound' ||
    !isTrue(binding.status?.conditions, 'Rescued')
  );
}

/** The next step of a rescue. Pure. */
export function rescuePlan(observation: RescueObservation): Plan {
  const { binding, claim, volume } = observation;
  if (volume === 'unseen') return rescueDisabled(observation);
  if (volume === 'absent') {
    return isDeleting(binding) ? acknowledged(observation) : volumeLost(observation);
  }
  if (!isForUs(volume, binding)) return taken(observation, volume);
  if (isDeleting(volume)) return volumeGoes(observation, volume);
  if (!isKept(volume, binding)) {
    return moving(observation, [keepVolume(volume, binding)], 'the volume is kept');
  }
  if (claim === undefined) return withoutClaim(observation, volume);
  if (!isNew(claim, binding)) return withOldClaim(observation, claim);
  if (claimIdentity(claim, binding).is !== 'ours') return nameTaken(observation, volume);
  if (claim.status?.phase !== 'Bound') return moving(observation, [], 'the volume is being bound');
  return bound(observation, claim);
}

/** Claims go with the binding: one that was left, with our finalizer, would get a new binding. */
function acknowledged({ binding, claim }: RescueObservation): Plan {
  const own = ownClaim(claim, binding);
  return {
    writes: [...(own === undefined ? [] : claimDeletion(own, binding)), ...ending(binding)],
    reason: 'the volume is lost, which somebody has acknowledged',
    outcome: { kind: 'givenUp', fluentPVC: binding.spec.fluentPVC.name, reason: 'Lost' },
  };
}

/** Is it another claim than the one that the Pod wrote to, and does it stay? */
function isNew(claim: Stored<Claim>, { spec: { rescue } }: RescueBinding): boolean {
  return claim.metadata.uid !== rescue.pvc.uid && !isDeleting(claim);
}

/** What the Job controller may take to say that a Job whose container has ended is complete, in ms. */
const COMPLETES_MS = 30_000;

/**
 * A claim that goes, and with it what keeps it: a finalizer Job that has failed, or whose Pods cannot
 * run any more with a claim that is being deleted. One that runs may still succeed, and one whose
 * container has just ended may have.
 */
function withOldClaim(observation: RescueObservation, claim: Stored<Claim>): Plan {
  const { now, binding, job, idle } = observation;
  // Nobody has deleted it: it is as it was when the Pod wrote to it, and not a rescue's to let go.
  if (!isDeleting(claim)) return oldClaimStays(observation);
  const writes: Write[] = [];
  const end = job === undefined ? undefined : jobOutcome(job);
  const isStuck = idle !== undefined && now - (idle.endedAt ?? -Infinity) >= COMPLETES_MS;
  if (job !== undefined && !isDeleting(job) && (end !== undefined || isStuck)) {
    if (end !== undefined && !isFailureRecorded(binding, job)) {
      return failed(observation, job, end);
    }
    writes.push(jobDeletion(job, 'Foreground'));
  }
  const own = ownClaim(claim, binding);
  if (own !== undefined) writes.push(...claimDeletion(own, binding));
  return moving(observation, writes, 'the old claim goes');
}

function withoutClaim(observation: RescueObservation, volume: Stored<Volume>): Plan {
  const { binding } = observation;
  if (!isForNew(volume, binding) || volume.spec.claimRef?.uid !== undefined) {
    // Until the volume controller has seen its claim go, it would set it right again.
    const writes = volume.status?.phase === 'Bound' ? [] : [handOver(volume, binding)];
    return moving(observation, writes, 'the volume changes over');
  }
  const create: CreateWrite = { verb: 'create', object: rescueClaim(volume, binding) };
  const refusal = refusalOf(observation.refusal, create.object);
  if (refusal === undefined) return moving(observation, [create], 'the volume gets a new claim');
  const { writes, reason } = refused(observation, refusal, 'the new PVC');
  return { writes: [...writes, create], reason };
}

/** The new claim has the volume: from now on it is drained as any other. */
function bound(observation: RescueObservation, claim: Stored<Claim>): Plan {
  const patch = identityWrite(observation.binding, { claimUid: claim.metadata.uid });
  if (patch !== undefined) return { writes: [patch], reason: 'the new claim is known' };
  return rescued(observation);
}
