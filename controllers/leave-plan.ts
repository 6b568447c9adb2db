import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import { getCondition } from '../src/api/condition.ts';
import { finalizationOf } from '../src/api/fluentpvc.ts';
import { finalizers } from '../src/api/names.ts';
import { hasFinalizer, isDeleting, type Identity, type Stored } from '../src/api/object.ts';
import type { Volume } from '../src/api/volume.ts';
import { withoutFinalizer } from '../src/core/finalizer.ts';
import type { EventWrite, Plan, Write } from '../src/core/plan.ts';
import { isKept, keepVolume, rescueBinding } from '../src/core/rescue.ts';
import { claimRef, ending, isGivenUp, isOwn, statusWrite } from './binding-facts.ts';

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
export interface LeaveObservation {
  now: number;
  /** Read live, with its snapshot. */
  binding: Stored<Binding>;
  /** Is it stored? The binding of a claim that has lost it can only be made elsewhere. */
  isStored: boolean;
  namespace: Identity;
  /** Read live. */
  claim: Stored<Claim> | undefined;
  /** The volume of the claim, read live; `undefined` where there is none. */
  volume: Stored<Volume> | undefined;
  /** The binding in the rescue namespace, read live. */
  rescued: Stored<Binding> | undefined;
  /** Where to; `undefined` where rescue is switched off. */
  rescueNamespace: string | undefined;
  /** Is the Pod known to have ended, with all of its containers? */
  podOver: boolean;
  /** Where it ran, as far as that is known. */
  nodeName: string | undefined;
}

/** What was done is seen by no watch. */
const AGAIN_MS = 500;
/** Reason of the condition `Rescued` of a binding whose successor goes on. */
const ELSEWHERE = 'GoesOnElsewhere';

/** Do Pods keep the claim? Kubernetes says so of a claim that is being deleted. */
export function isInUse(claim: Stored<Claim> | undefined): boolean {
  return claim !== undefined && (!isDeleting(claim) || hasFinalizer(claim, finalizers.claimInUse));
}

/** What becomes of a binding whose namespace goes, and whose claim is not drained. Pure. */
export function leavePlan(observation: LeaveObservation): Plan {
  const { binding, claim, volume, rescued, rescueNamespace } = observation;
  if (isInUse(claim)) return { writes: [], reason: 'Pods keep the claim of a namespace that goes' };
  if (getCondition(binding.status?.conditions, 'Rescued')?.reason === ELSEWHERE) {
    return {
      writes: parting(observation),
      reason: 'the volume of a namespace that goes is rescued',
    };
  }
  const isUnbound = claim !== undefined && claim.spec.volumeName === undefined;
  if (isUnbound || (claim === undefined && binding.spec.pod.uid === '')) {
    // No Pod ever ran with it.
    return { writes: parting(observation), reason: 'the claim never had a volume' };
  }
  if (isGivenUp(binding)) return givenUp(observation, 'as the annotation release says');
  if (finalizationOf(binding.spec).onNamespaceDeletion === 'Release') {
    return givenUp(observation, 'as finalization.onNamespaceDeletion of its FluentPVC says');
  }
  if (rescueNamespace === undefined) {
    return givenUp(observation, 'because this operator runs with --disable-rescue');
  }
  if (volume === undefined) return givenUp(observation, 'because its PersistentVolume is gone');
  if (!isOurVolume(volume, binding)) {
    return givenUp(observation, 'because its PersistentVolume belongs to another PVC by now');
  }
  if (!isKept(volume, binding)) {
    const writes: Write[] = [keepVolume(volume, binding)];
    if (rescued === undefined && rescueNamespace !== observation.namespace.name) {
      writes.unshift({ verb: 'create', object: successor(observation, volume, rescueNamespace) });
    }
    return {
      writes,
      requeueAfterMs: AGAIN_MS,
      reason: 'a volume of a namespace that goes is kept',
    };
  }
  if (rescueNamespace === observation.namespace.name) return leftBehind(observation, volume);
  if (rescued === undefined) {
    return {
      writes: [{ verb: 'create', object: successor(observation, volume, rescueNamespace) }],
      requeueAfterMs: AGAIN_MS,
      reason: 'a volume of a namespace that goes gets a binding elsewhere',
    };
  }
  return handedOver(observation, volume, rescueNamespace);
}

/**
 * Recorded before anything goes: the rescue may be done, and volume and successor gone, when a crash
 * lets us look at this binding again.
 */
function handedOver(
  observation: LeaveObservation,
  volume: Stored<Volume>,
  rescueNamespace: string,
): Plan {
  const { now, binding, isStored } = observation;
  const { name } = binding.metadata;
  const message =
    `PVC "${binding.spec.pvc.name}" was not drained yet: its PersistentVolume ` +
    `"${volume.metadata.name}" is kept and drained in namespace "${rescueNamespace}"; kubectl ` +
    `describe fpvcb -n ${rescueNamespace} ${name} says how far that is.`;
  const status = isStored
    ? statusWrite(binding, now, [{ type: 'Rescued', status: 'True', reason: ELSEWHERE, message }])
    : undefined;
  return {
    writes: [
      ...(status === undefined ? parting(observation) : [status]),
      told(observation, 'Normal', 'VolumeRescued', message),
    ],
    reason: 'the volume of a namespace that goes is handed over',
  };
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

/** Claim and binding go. */
function parting({ binding, claim, isStored }: LeaveObservation): Write[] {
  const writes: Write[] = [];
  if (claim !== undefined && isOwn(claim, binding) && hasFinalizer(claim, finalizers.claim)) {
    writes.push(withoutFinalizer(claimRef(binding), claim, finalizers.claim));
  }
  return isStored ? [...writes, ...ending(binding)] : writes;
}

function givenUp(observation: LeaveObservation, why: string): Plan {
  const note = `PVC "${observation.binding.spec.pvc.name}" was not drained: its data is given up, ${why}.`;
  return {
    writes: [told(observation, 'Warning', 'DataGivenUp', note), ...parting(observation)],
    reason: 'the data of a namespace that goes is given up',
  };
}

/** Nobody can drain it there: people can, elsewhere. */
function leftBehind(observation: LeaveObservation, volume: Stored<Volume>): Plan {
  const { name } = volume.metadata;
  const note =
    `PVC "${observation.binding.spec.pvc.name}" was not drained, and the rescue namespace itself is ` +
    `being deleted: its PersistentVolume "${name}" is kept (reclaim policy Retain). Drain it by hand.`;
  return {
    writes: [told(observation, 'Warning', 'VolumeLeft', note), ...parting(observation)],
    reason: 'the rescue namespace goes; the volume is kept',
  };
}

function told(
  { namespace }: LeaveObservation,
  type: EventWrite['type'],
  reason: string,
  note: string,
): EventWrite {
  return {
    verb: 'event',
    regarding: { apiVersion: 'v1', kind: 'Namespace', namespace: '', ...namespace },
    type,
    reason,
    action: 'Leave',
    note,
  };
}
