import type {
  Binding,
  BindingConditionType,
  BindingPhase,
  BindingStatus,
} from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import {
  getCondition,
  isTrue,
  setCondition,
  type ConditionChange,
} from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import { createdAt, isDeleting, type ObjectMeta, type Stored } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { withoutFinalizer } from '../../src/core/finalizer.ts';
import type { DeleteWrite, PatchWrite, Plan, Write } from '../../src/core/plan.ts';
import { ownClaim } from './claim-identity.ts';

/**
 * The three stages of a binding. Which one it is in stands in its own conditions and nowhere else,
 * so that a crash between any two writes changes nothing.
 */
export type Stage = 'inUse' | 'draining' | 'releasing';

/** Each says that nothing on the claim waits to be drained. */
const DONE: readonly BindingConditionType[] = [
  'FinalizerJobSucceeded',
  'PodMissing',
  'DataGivenUp',
];

/** The stage that the recorded conditions say. */
export function stageOf(binding: Binding): Stage {
  const conditions = binding.status?.conditions;
  if (DONE.some((type) => isTrue(conditions, type))) return 'releasing';
  const isOver = isTrue(conditions, 'OutOfUse') || binding.spec.rescue?.podOver === true;
  return isOver ? 'draining' : 'inUse';
}

/** When its Pod was over, as far as that is recorded, in ms since the epoch; else when it was made. */
export function overSince(binding: Stored<Binding>): number {
  const over = getCondition(binding.status?.conditions, 'OutOfUse');
  return over === undefined ? createdAt(binding) : Date.parse(over.lastTransitionTime);
}

/** A condition of a binding, with its type checked. */
export interface BindingCondition extends ConditionChange {
  type: BindingConditionType;
}

/** What changes in the status, besides conditions; `null` takes a field away. */
export type StatusChange = {
  [Field in Exclude<keyof BindingStatus, 'conditions' | 'phase'>]?: BindingStatus[Field] | null;
};

/** The first of these that is true is the phase. */
const PHASES: readonly Exclude<BindingPhase, 'Pending'>[] = [
  'Unknown',
  'PodMissing',
  'FinalizerJobSucceeded',
  'FinalizerJobFailed',
  'FinalizerJobApplied',
  'OutOfUse',
  'Ready',
];

/**
 * The write that brings the status there; `undefined` where it is there already. It holds for the
 * version of the binding that was looked at and no other.
 */
export function statusWrite(
  binding: Stored<Binding>,
  now: number,
  changes: readonly BindingCondition[],
  fields: StatusChange = {},
): PatchWrite | undefined {
  const old = binding.status ?? {};
  const at = { time: now, generation: binding.metadata.generation };
  const conditions = changes.reduce<ReturnType<typeof setCondition>>(
    (list, change) => setCondition(list, change, at),
    old.conditions ?? [],
  );
  const phase = PHASES.find((type) => isTrue(conditions, type)) ?? 'Pending';
  const changed = Object.fromEntries(
    Object.entries({ ...fields, phase }).filter(
      ([name, value]) => (old[name as keyof BindingStatus] ?? null) !== value,
    ),
  );
  if (conditions === old.conditions && Object.keys(changed).length === 0) return undefined;
  return {
    verb: 'patch',
    ref: bindingRef(binding),
    type: 'merge',
    subresource: 'status',
    body: {
      metadata: { resourceVersion: binding.metadata.resourceVersion },
      status: { ...changed, conditions },
    },
  };
}

/** The plan that says this in the status, and has nothing to write where it is said already. */
export function statusPlan(
  { now, binding }: { now: number; binding: Stored<Binding> },
  reason: string,
  conditions: readonly BindingCondition[],
  fields: StatusChange = {},
): Plan {
  const write = statusWrite(binding, now, conditions, fields);
  return { writes: write === undefined ? [] : [write], reason };
}

/** Nothing is left to do for it: the binding goes. */
export function ending(binding: Stored<Binding>): Write[] {
  const ref = bindingRef(binding);
  const writes: Write[] = [];
  if (!isDeleting(binding)) {
    const { uid } = binding.metadata;
    writes.push({ verb: 'delete', ref, uid, propagation: 'Background' });
  }
  return [...writes, ...withoutFinalizer(ref, binding, finalizers.binding)];
}

/**
 * Does the annotation `release` give the data up? By the uid of its claim, of now or of before a
 * rescue: a mistaken name does not.
 */
export function isGivenUp(binding: Stored<Binding>, claim: Stored<Claim> | undefined): boolean {
  const { metadata, spec } = binding;
  const uid = metadata.annotations?.[annotations.release] ?? '';
  const own = ownClaim(claim, binding)?.metadata.uid;
  return uid !== '' && [spec.pvc.uid, spec.rescue?.pvc.uid, own].includes(uid);
}

/** Claim and binding of one admission are stored within the time that a request may take. */
const OF_ONE_ADMISSION_MS = 60_000;

/**
 * Was it made anew for its claim, after a binding of the same name that is gone?
 *
 * @param admittedAt when its Pod was admitted, in ms since the epoch
 */
export function isMadeAnew(binding: Stored<Binding>, admittedAt: number): boolean {
  return createdAt(binding) - admittedAt >= OF_ONE_ADMISSION_MS;
}

/** Was it the original operator's? */
export function isTakenOver({ metadata }: { metadata: ObjectMeta }): boolean {
  return metadata.annotations?.[annotations.takenOver] !== undefined;
}

/**
 * Selects the Pods of the binding's finalizer Jobs. Those of the original operator's Job carry no label
 * of ours and never will, since the template of a Job cannot change: they are found by the Job
 * controller's own.
 */
export function jobPodSelector(binding: Stored<Binding>): string {
  const label = isTakenOver(binding) ? 'batch.kubernetes.io/job-name' : labels.finalizerJobOf;
  return `${label}=${binding.metadata.name}`;
}

export function bindingRef({ metadata }: Pick<Stored<Binding>, 'metadata'>): ObjectRef {
  const { namespace, name } = metadata;
  return { kind: 'FluentPVCBinding', namespace, name };
}

/** Takes a finalizer Job away. In the foreground its name is free only when its Pods are gone. */
export function jobDeletion(
  { metadata }: Stored<Job>,
  propagation: DeleteWrite['propagation'],
): Write {
  const { namespace, name, uid } = metadata;
  return { verb: 'delete', ref: { kind: 'Job', namespace, name }, uid, propagation };
}

/** The claim goes: deleted first, or it would be nobody's for a moment, and then without our finalizer. */
export function claimDeletion(claim: Stored<Claim>, binding: Stored<Binding>): Write[] {
  const ref = claimRef(binding);
  const { uid } = claim.metadata;
  return [
    ...(isDeleting(claim)
      ? []
      : [{ verb: 'delete', ref, uid, propagation: 'Background' } satisfies Write]),
    ...withoutFinalizer(ref, claim, finalizers.claim),
  ];
}

export function claimRef(binding: Stored<Binding>): ObjectRef {
  const { namespace } = binding.metadata;
  return { kind: 'PersistentVolumeClaim', namespace, name: binding.spec.pvc.name };
}

/** ms until that time; at least 0. */
export function untilMs(time: string | undefined, now: number): number {
  return time === undefined ? 0 : Math.max(Date.parse(time) - now, 0);
}
