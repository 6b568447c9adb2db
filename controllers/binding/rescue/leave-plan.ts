import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { getCondition } from '../../../src/api/condition.ts';
import { finalizationOf } from '../../../src/api/fluentpvc.ts';
import { finalizers } from '../../../src/api/names.ts';
import { hasFinalizer, isDeleting, type Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { Plan, Write } from '../../../src/core/plan.ts';
import { isKept, keepVolume, rescueBinding } from '../../../src/core/rescue.ts';
import { refusalOf, type CreateRefusal } from '../../../src/kube/create-refusal.ts';
import { isGivenUp, statusWrite } from '../binding-facts.ts';
import { ownClaim } from '../claim-identity.ts';
import {
  givenUp,
  handedOver,
  isHandedOver,
  leftBehind,
  parting,
  told,
  type LeaveFacts,
} from './leave-report.ts';
import { volumeToRescue, type VolumeSight } from './rescue-begin.ts';

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
export interface LeaveObservation extends LeaveFacts {
  /** The volume of the claim, read live. */
  volume: VolumeSight;
  /** The binding in the rescue namespace, read live. */
  rescued: Stored<Binding> | undefined;
  /** Where to; `undefined` where rescue is switched off. */
  rescueNamespace: string | undefined;
  /** Is the Pod known to have ended, with all of its containers? */
  podOver: boolean;
  /** Where it ran, as far as that is known. */
  nodeName: string | undefined;
  /** What the API server did not take of the last plan. */
  refusal: CreateRefusal | undefined;
}

/** What was done is seen by no watch. */
const AGAIN_MS = 500;
/** Nor is what stands in the way. */
const TAKEN_AGAIN_MS = 10_000;
/** Reason of the condition `DrainStalled`, and of the Event on the Namespace. */
const REFUSED = 'RescueRefused';

/** Do Pods keep the claim? Kubernetes says so of a claim that is being deleted. */
export function isInUse(claim: Stored<Claim> | undefined): boolean {
  return claim !== undefined && (!isDeleting(claim) || hasFinalizer(claim, finalizers.claimInUse));
}

/** What becomes of a binding whose namespace goes, and whose claim is not drained. Pure. */
export function leavePlan(observation: LeaveObservation): Plan {
  const { binding, claim, volume, rescueNamespace } = observation;
  if (isInUse(claim)) return { writes: [], reason: 'Pods keep the claim of a namespace that goes' };
  if (isHandedOver(observation)) {
    return {
      writes: parting(observation),
      reason: 'the volume of a namespace that goes is rescued',
    };
  }
  if (hasNothing(observation)) {
    // No Pod ever ran with it.
    return { writes: parting(observation), reason: 'the claim never had a volume' };
  }
  if (isGivenUp(binding, claim)) return givenUp(observation, 'as the annotation release says');
  if (finalizationOf(binding.spec).onNamespaceDeletion === 'Release') {
    return givenUp(observation, 'as finalization.onNamespaceDeletion of its FluentPVC says');
  }
  if (volume === 'unseen' || rescueNamespace === undefined) {
    return givenUp(observation, 'because this operator runs with --disable-rescue');
  }
  if (volume === 'absent') return givenUp(observation, whyAbsent(observation));
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
  if (!isMarked && !isOurVolume(volume, binding)) {
    return givenUp(observation, 'because its PersistentVolume belongs to another PVC by now');
  }
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

/** Is it the binding that goes on with this volume? One of a copy of the claim has the same name. */
function isSuccessor(
  rescued: Stored<Binding> | undefined,
  { namespace }: LeaveObservation,
  { metadata }: Stored<Volume>,
): boolean {
  const { rescue } = rescued?.spec ?? {};
  return rescue?.volumeName === metadata.name && rescue.namespace === namespace.name;
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

/**
 * The binding that goes on. Where it cannot be made, the namespace waits: that is told once, and it is
 * tried again.
 */
function succession(
  observation: LeaveObservation,
  volume: Stored<Volume>,
  rescueNamespace: string,
  keeping: readonly Write[],
): Plan {
  const { now, binding, isStored, rescued } = observation;
  const object = successor(observation, volume, rescueNamespace);
  // It would count as made: a copy is of the same admission.
  const create: Write[] = rescued === undefined ? [{ verb: 'create', object }] : [];
  const writes: Write[] = [...keeping, ...create];
  const reason = 'a volume of a namespace that goes gets a binding elsewhere';
  const refusal =
    rescued === undefined ? refusalOf(observation.refusal, object)?.message : nameTaken(rescued);
  if (refusal === undefined) return { writes, requeueAfterMs: AGAIN_MS, reason };
  const requeueAfterMs = TAKEN_AGAIN_MS;
  const stalled = getCondition(binding.status?.conditions, 'DrainStalled');
  const isSaid = stalled?.status === 'True' && stalled.reason === REFUSED;
  if (isSaid || !isStored) return { writes, requeueAfterMs, reason };
  const message =
    `PVC "${binding.spec.pvc.name}" cannot be rescued yet, and its namespace waits for that: ` +
    `${refusal}. Make namespace "${rescueNamespace}" take it, or set ` +
    `finalization.onNamespaceDeletion: Release for what is not worth it; until then nothing is lost.`;
  const status = statusWrite(binding, now, [
    { type: 'DrainStalled', status: 'True', reason: REFUSED, message },
  ]);
  return {
    writes: [
      ...(status === undefined ? [] : [status]),
      told(observation, 'Warning', REFUSED, message),
      ...writes,
    ],
    requeueAfterMs,
    reason: 'the rescue namespace does not take a binding',
  };
}

/** Two volumes of one name: the second is drained when the first one is. */
function nameTaken({ metadata, spec }: Stored<Binding>): string {
  const whose =
    spec.rescue === undefined
      ? ''
      : `, which drains PersistentVolume "${spec.rescue.volumeName}" of namespace "${spec.rescue.namespace}"`;
  return `there is another FluentPVCBinding "${metadata.name}" in namespace "${metadata.namespace ?? ''}"${whose}`;
}

function successor(
  { binding, namespace, podOver, nodeName }: LeaveObservation,
  volume: Stored<Volume>,
  rescueNamespace: string,
): Binding {
  return rescueBinding(binding, rescueNamespace, {
    namespace: namespace.name,
    pvc: { name: binding.spec.pvc.name, uid: volume.spec.claimRef?.uid ?? binding.spec.pvc.uid },
    volumeName: volume.metadata.name,
    podOver,
    ...(nodeName === undefined ? {} : { nodeName }),
  });
}

/** Is the volume the one of this binding's claim, whether that is there or gone? */
function isOurVolume({ spec }: Stored<Volume>, { metadata, spec: own }: Stored<Binding>): boolean {
  const { namespace, name, uid } = spec.claimRef ?? {};
  const byName = namespace === metadata.namespace && name === own.pvc.name;
  return byName && (own.pvc.uid === '' || uid === undefined || uid === own.pvc.uid);
}
