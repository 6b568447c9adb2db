import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { getCondition } from '../../../src/api/condition.ts';
import { finalizers } from '../../../src/api/names.ts';
import type { Identity, Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import { withoutFinalizer } from '../../../src/core/finalizer.ts';
import type { EventWrite, Plan, Write } from '../../../src/core/plan.ts';
import type { GivenUpReason, Outcome, RescueStep } from '../../../src/metrics/outcomes.ts';
import { claimRef, ending, statusWrite } from '../binding-facts.ts';
import { ownClaim } from '../claim-identity.ts';
import { handleOf } from './rescue-report.ts';

/*
 * How a binding leaves a namespace that is deleted, and what is told of it on the Namespace.
 */

/** What a report is made from. */
export interface LeaveFacts {
  now: number;
  /** Read live, with its snapshot. */
  binding: Stored<Binding>;
  /** Is it stored? The binding of a claim that has lost it can only be made elsewhere. */
  isStored: boolean;
  namespace: Identity;
  /** Read live. */
  claim: Stored<Claim> | undefined;
}

/** Reason of the condition `Rescued` of a binding whose successor goes on. */
const ELSEWHERE = 'GoesOnElsewhere';

/** Is it recorded that another binding goes on with its volume? */
export function isHandedOver({ status }: Binding): boolean {
  return getCondition(status?.conditions, 'Rescued')?.reason === ELSEWHERE;
}

/**
 * Recorded before anything goes: the rescue may be done, and volume and successor gone, when a crash
 * lets us look at this binding again.
 */
export function handedOver(
  observation: LeaveFacts,
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
    outcome: rescueOutcome(observation, 'begun'),
  };
}

/** Claim and binding go. */
export function parting({ binding, claim, isStored }: LeaveFacts): Write[] {
  const own = ownClaim(claim, binding);
  const release =
    own === undefined ? [] : withoutFinalizer(claimRef(binding), own, finalizers.claim);
  return [...release, ...(isStored ? ending(binding) : [])];
}

/** The end of a sentence. */
const WHY_GIVEN_UP: Record<GivenUpReason, string> = {
  Released: 'as the annotation release says',
  NamespaceDeleted: 'as finalization.onNamespaceDeletion of its FluentPVC says',
  RescueDisabled: 'because this operator runs with --disable-rescue',
  // Where it is gone, who looked says what was looked for.
  Lost: 'because its PersistentVolume belongs to another PVC by now',
};

/**
 * Nobody drains it. That is told before anything goes: a crash in between would leave nothing that tells
 * it, and so it is told twice.
 */
export function abandoned(
  observation: LeaveFacts,
  {
    reason,
    why = WHY_GIVEN_UP[reason],
    back,
  }: { reason: GivenUpReason; why: string | undefined; back: readonly Write[] },
): Plan {
  const { fluentPVC, pvc, rescue } = observation.binding.spec;
  // A rescue that may not go on has left it with policy Retain.
  const volume =
    rescue === undefined || back.length > 0
      ? ''
      : ` PersistentVolume "${rescue.volumeName}" may be left.`;
  const note = `PVC "${pvc.name}" was not drained: its data is given up, ${why}.${volume}`;
  return {
    writes: [told(observation, 'Warning', 'DataGivenUp', note), ...back, ...parting(observation)],
    reason: 'the data of a namespace that goes is given up',
    outcome: { kind: 'givenUp', fluentPVC: fluentPVC.name, reason },
  };
}

/** Nobody drains it; people can. Told first, for the same reason. */
export function leftBehind(observation: LeaveFacts, volume: Stored<Volume>, why: string): Plan {
  const note =
    `PVC "${observation.binding.spec.pvc.name}" was not drained, and cannot be, because ${why}: its ` +
    `PersistentVolume "${volume.metadata.name}"${handleOf(volume)} is kept (reclaim policy Retain). ` +
    `Drain it by hand.`;
  return {
    writes: [told(observation, 'Warning', 'VolumeLeft', note), ...parting(observation)],
    reason: 'the volume of a namespace that goes is left to people',
    outcome: rescueOutcome(observation, 'left'),
  };
}

/** The same of each step. */
export function rescueOutcome({ binding }: LeaveFacts, step: RescueStep): Outcome {
  return { kind: 'rescue', fluentPVC: binding.spec.fluentPVC.name, step };
}

/** An Event on the Namespace: all else is gone soon. */
export function told(
  { namespace }: LeaveFacts,
  type: EventWrite['type'],
  reason: EventWrite['reason'],
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
