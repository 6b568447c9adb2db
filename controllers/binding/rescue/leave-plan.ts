import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { finalizationOf } from '../../../src/api/fluentpvc.ts';
import { annotations, finalizers } from '../../../src/api/names.ts';
import { hasFinalizer, isDeleting, type Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { Plan, Write } from '../../../src/core/plan.ts';
import { giveBack, isKept, keepVolume } from '../../../src/core/rescue.ts';
import type { GivenUpReason } from '../../../src/metrics/outcomes.ts';
import { isGivenUp } from '../binding-facts.ts';
import { ownClaim } from '../claim-identity.ts';
import { abandoned, handedOver, isHandedOver, leftBehind, parting } from './leave-report.ts';
import { volumeToRescue, type VolumeSight } from './rescue-begin.ts';
import {
  AGAIN_MS,
  isSuccessor,
  succession,
  uidToRelease,
  type SuccessionFacts,
} from './succession.ts';

/**
 * The namespace of an undrained claim is being deleted: nothing can be created in it any more, and it
 * must not hang because of us.
 *
 *     Pods name the claim ──> nothing: the namespace waits for them, not for us
 *     none does ──┬─(Rescue)──> binding in the rescue namespace ──> volume kept ──> recorded here ─┐
 *                 └─(Release, or there is nothing to rescue)─────────────────────> claim and binding go
 *
 * From there the binding in the rescue namespace goes on (rescue-plan.ts). What was done is told on the
 * Namespace: all else is gone soon.
 */
export interface LeaveObservation extends SuccessionFacts {
  /** The volume of the claim, read live. */
  volume: VolumeSight;
  /** Where to; `undefined` where rescue is switched off. */
  rescueNamespace: string | undefined;
}

/** Do Pods keep the claim? Kubernetes says so of a claim that is being deleted. */
export function isInUse(claim: Stored<Claim> | undefined): boolean {
  return claim !== undefined && (!isDeleting(claim) || hasFinalizer(claim, finalizers.claimInUse));
}

/** What becomes of a binding whose namespace goes, and whose claim is not drained. Pure. */
export function leavePlan(observation: LeaveObservation): Plan {
  const { binding, claim, volume, rescueNamespace } = observation;
  if (isInUse(claim)) return { writes: [], reason: 'Pods keep the claim of a namespace that goes' };
  if (isHandedOver(binding)) {
    return {
      writes: parting(observation),
      reason: 'the volume of a namespace that goes is rescued',
    };
  }
  if (hasNothing(observation)) {
    // No Pod ever ran with it.
    return { writes: parting(observation), reason: 'the claim never had a volume' };
  }
  if (isReleased(observation)) return abandon(observation, 'Released');
  if (finalizationOf(binding.spec).onNamespaceDeletion === 'Release') {
    return abandon(observation, 'NamespaceDeleted');
  }
  if (volume === 'unseen' || rescueNamespace === undefined) {
    return abandon(observation, 'RescueDisabled');
  }
  if (volume === 'absent') return abandon(observation, 'Lost', whyAbsent(observation));
  return kept(observation, volume, rescueNamespace);
}

/** The volume is there: it is kept whatever comes, and drained where that can be. */
function kept(
  observation: LeaveObservation,
  volume: Stored<Volume>,
  rescueNamespace: string,
): Plan {
  const { binding, rescued } = observation;
  // Once it is marked its claim may have changed; before, its claim says whose it is.
  const isMarked = isKept(volume, binding);
  if (!isMarked && !isOurVolume(volume, binding)) return abandon(observation, 'Lost');
  const keeping: Write[] = isMarked ? [] : [keepVolume(volume, binding)];
  const left = whyLeft(observation, volume, rescueNamespace);
  if (left === undefined && !isSuccessor(rescued, observation, volume)) {
    return succession(observation, volume, rescueNamespace, keeping);
  }
  if (keeping.length > 0) {
    const reason = 'a volume of a namespace that goes is kept';
    return { writes: keeping, requeueAfterMs: AGAIN_MS, reason };
  }
  return left === undefined
    ? handedOver(observation, volume, rescueNamespace)
    : leftBehind(observation, volume, left);
}

/** Does the annotation `release` say so? By the uid of the claim, also where only its volume knows it. */
function isReleased(observation: LeaveObservation): boolean {
  const { binding, claim, volume } = observation;
  if (isGivenUp(binding, claim)) return true;
  if (typeof volume === 'string' || !isOurVolume(volume, binding)) return false;
  const uid = binding.metadata.annotations?.[annotations.release] ?? '';
  return uid !== '' && uid === uidToRelease(observation, volume);
}

/** Nobody drains it. A volume that was kept until now gets its own policy back: its storage is not missed. */
function abandon(observation: LeaveObservation, reason: GivenUpReason, why?: string): Plan {
  const { binding, volume } = observation;
  const isOurs =
    typeof volume !== 'string' && isKept(volume, binding) && isOurVolume(volume, binding);
  return abandoned(observation, { reason, why, back: isOurs ? [giveBack(volume, binding)] : [] });
}

/** Why nobody can drain it anywhere. People can: the volume is kept. */
function whyLeft(
  { binding, namespace, isStored }: LeaveObservation,
  volume: Stored<Volume>,
  rescueNamespace: string,
): string | undefined {
  if (namespace.name === rescueNamespace) return 'the rescue namespace itself is being deleted';
  if (isDeleting(volume)) return 'its PersistentVolume is being deleted, too';
  const isLost = !isStored && binding.spec.snapshot === undefined;
  return isLost ? 'neither binding nor FluentPVC of it is left' : undefined;
}

/** Has the claim no volume? One that is gone says nothing: there may have been data on it. */
function hasNothing({ binding, claim, volume }: LeaveObservation): boolean {
  if (typeof volume !== 'string' || binding.spec.rescue !== undefined) return false;
  if (binding.status?.volumeName !== undefined) return false;
  const own = ownClaim(claim, binding);
  return own !== undefined && own.spec.volumeName === undefined;
}

/** Why there is no volume to rescue: only one whose name is known was looked for. */
function whyAbsent({ binding, claim }: LeaveObservation): string {
  const name = volumeToRescue(binding, claim);
  if (name !== undefined) return `because its PersistentVolume "${name}" is gone`;
  return 'because the PVC is gone, and nobody has seen which PersistentVolume it had, if any';
}

/** Is the volume the one of this binding's claim, whether that is there or gone? */
function isOurVolume({ spec }: Stored<Volume>, { metadata, spec: own }: Stored<Binding>): boolean {
  const { namespace, name, uid } = spec.claimRef ?? {};
  const byName = namespace === metadata.namespace && name === own.pvc.name;
  return byName && (own.pvc.uid === '' || uid === undefined || uid === own.pvc.uid);
}
