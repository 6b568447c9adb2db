import type { Binding } from '../../../src/api/binding.ts';
import { getCondition } from '../../../src/api/condition.ts';
import { annotations, finalizers } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { EventReason, Plan, Write } from '../../../src/core/plan.ts';
import { rescueBinding } from '../../../src/core/rescue.ts';
import { refusalOf, type CreateRefusal } from '../../../src/kube/create-refusal.ts';
import { statusWrite } from '../binding-facts.ts';
import { ownClaim } from '../claim-identity.ts';
import type { StallReason } from '../drain/drain-report.ts';
import { rescueOutcome, told, type LeaveFacts } from './leave-report.ts';

/*
 * The binding in the rescue namespace that goes on with the volume of a namespace that goes.
 */

/** What it takes to make one. */
export interface SuccessionFacts extends LeaveFacts {
  /** The binding of that name in the rescue namespace, read live. */
  rescued: Stored<Binding> | undefined;
  /** Is the Pod known to have ended, with all of its containers? */
  podOver: boolean;
  /** Where it ran, as far as that is known. */
  nodeName: string | undefined;
  /** What the API server did not take of the last plan. */
  refusal: CreateRefusal | undefined;
  /** Is there an Event on the Namespace that it is refused? Read live for a claim without binding. */
  isRefusalTold: boolean;
}

/** What was done is seen by no watch. */
export const AGAIN_MS = 500;
/** Nor is what stands in the way. */
const TAKEN_AGAIN_MS = 10_000;
/** Reason of the condition `DrainStalled`, and of the Event on the Namespace. */
export const REFUSED = 'RescueRefused' satisfies EventReason & StallReason;

/** Is it the binding that goes on with this volume? One of a copy of the claim has the same name. */
export function isSuccessor(
  rescued: Stored<Binding> | undefined,
  { namespace }: LeaveFacts,
  { metadata }: Stored<Volume>,
): boolean {
  const { rescue } = rescued?.spec ?? {};
  return rescue?.volumeName === metadata.name && rescue.namespace === namespace.name;
}

/**
 * Makes it. Where that cannot be, the namespace waits: that is told once, with both ways out, and it is
 * tried again.
 */
export function succession(
  observation: SuccessionFacts,
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
  if (isTold(observation)) return { writes, requeueAfterMs, reason };
  // The ways out first: an Event has no room for all that an API server may say.
  const message =
    `PVC "${binding.spec.pvc.name}" cannot be rescued yet, and its namespace waits for that; until ` +
    `then nothing is lost. Make namespace "${rescueNamespace}" take its binding, and it goes on; or, to ` +
    `give the data up, ${wayOut(observation, volume)}. What stands in the way: ${refusal}`;
  const status = isStored
    ? statusWrite(binding, now, [
        { type: 'DrainStalled', status: 'True', reason: REFUSED, message },
      ])
    : undefined;
  return {
    writes: [
      ...(status === undefined ? [] : [status]),
      told(observation, 'Warning', REFUSED, message),
      ...writes,
    ],
    requeueAfterMs,
    reason: 'the rescue namespace does not take a binding',
    outcome: rescueOutcome(observation, 'refused'),
  };
}

function isTold({ binding, isStored, isRefusalTold }: SuccessionFacts): boolean {
  const stalled = getCondition(binding.status?.conditions, 'DrainStalled');
  return isStored ? stalled?.status === 'True' && stalled.reason === REFUSED : isRefusalTold;
}

/** What gives the data up, by hand: without a binding there is nothing that could be annotated. */
function wayOut(facts: LeaveFacts, volume: Stored<Volume>): string {
  const { namespace, name } = facts.binding.metadata;
  if (facts.isStored) {
    const uid = uidToRelease(facts, volume);
    return `kubectl annotate fpvcb -n ${namespace ?? ''} ${name} ${annotations.release}=${uid}`;
  }
  return (
    `take the finalizer ${finalizers.claim} off the PVC: its PersistentVolume ` +
    `"${volume.metadata.name}" is left then, with reclaim policy Retain`
  );
}

/** The uid that the annotation `release` must have: of the claim, also where only its volume knows it. */
export function uidToRelease({ binding, claim }: LeaveFacts, volume: Stored<Volume>): string {
  const { pvc, rescue } = binding.spec;
  const uids = [
    ownClaim(claim, binding)?.metadata.uid,
    pvc.uid,
    rescue?.pvc.uid,
    volume.spec.claimRef?.uid,
  ];
  return uids.find((uid) => uid !== undefined && uid !== '') ?? '';
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
  { binding, namespace, podOver, nodeName }: SuccessionFacts,
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
