import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { FluentPVC, OperatorDefaults } from '../../src/api/fluentpvc.ts';
import { annotations, finalizers, labels, UNUSED } from '../../src/api/names.ts';
import { createdAt, hasFinalizer, isDeleting, type Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { buildBinding, buildTakenOverBinding } from '../../src/core/build.ts';
import type { EventReason, Plan, Write } from '../../src/core/plan.ts';
import { MAY_ARRIVE_MS } from './in-use/in-use-plan.ts';

/**
 * A claim of ours without its binding: the webhook stores both at the same time, and may die, or
 * lose its undo, in between. The claim gets its binding back, and the binding decides as ever.
 *
 *     claim without binding ──(70 s: the binding may be on its way)──> read live: still so?
 *         └──> binding made anew, from the FluentPVC as it is now; told, where there is none
 *
 *     claim of an admission that failed, its undo cut off before the end ──> deleted
 */
export interface OrphanObservation {
  now: number;
  /** The claim as the cache has it. */
  claim: Stored<Claim>;
  /** Read live once the claim is old enough; `undefined` before. */
  live: { claim: Stored<Claim> | undefined; binding: Stored<Binding> | undefined } | undefined;
  fluentPVC: Stored<FluentPVC> | undefined;
  /** Is there an Event on the claim that its FluentPVC is missing? Read live where that is so. */
  isMissingTold: boolean;
  /** The Pod that names the claim, where there is one: read live, for what a drain needs of it. */
  pod: Stored<Pod> | undefined;
  defaults: OperatorDefaults;
}

/** Of the Event on a claim that nobody can drain. */
export const MISSING = 'FluentPVCMissing' satisfies EventReason;

/** Is the claim one that must have a binding? */
export function needsBinding(claim: Stored<Claim>): boolean {
  return hasFinalizer(claim, finalizers.claim) && isAdmitted(claim);
}

/**
 * Does the claim say that its admission failed? The webhook says it in the same patch that takes our
 * finalizer off, and only then deletes the claim: no Pod ever named it.
 */
export function isUnused(claim: Stored<Claim>): boolean {
  return (
    claim.metadata.labels?.[labels.state] === UNUSED &&
    !hasFinalizer(claim, finalizers.claim) &&
    isAdmitted(claim)
  );
}

/** Was it made by an admission of ours, with a binding? */
function isAdmitted({ metadata }: Stored<Claim>): boolean {
  return (
    metadata.labels?.[labels.binding] === metadata.name &&
    metadata.annotations?.[annotations.admissionId] !== undefined
  );
}

/** What becomes of a claim whose binding the cache does not have. Pure. */
export function orphanPlan(observation: OrphanObservation): Plan {
  const { now, claim, live, fluentPVC, isMissingTold, pod, defaults } = observation;
  const { name, namespace = '' } = claim.metadata;
  if (isUnused(claim) && !isDeleting(claim)) {
    const ref = { kind: 'PersistentVolumeClaim', namespace, name } as const;
    const { uid } = claim.metadata;
    return {
      writes: [{ verb: 'delete', ref, uid, propagation: 'Background' }],
      reason: 'the admission of a claim failed; the claim goes',
    };
  }
  if (!needsBinding(claim)) return { writes: [], reason: 'the binding is gone' };
  if (live === undefined) {
    const requeueAfterMs = createdAt(claim) + MAY_ARRIVE_MS - now;
    return { writes: [], requeueAfterMs, reason: 'waiting for the binding of a claim' };
  }
  if (live.binding !== undefined || live.claim === undefined || !needsBinding(live.claim)) {
    return { writes: [], reason: 'the cache was behind' };
  }
  // Looked at again when there is one of that name, not before (start.ts).
  if (fluentPVC === undefined) {
    const writes = isMissingTold ? [] : [missing(live.claim)];
    return { writes, reason: 'a claim has lost binding and FluentPVC' };
  }
  const binding = bindingOfOrphan(claim, fluentPVC, pod, defaults);
  return { writes: [{ verb: 'create', object: binding }], reason: 'a claim gets its binding back' };
}

/** Nobody knows how it is drained, and it has no binding that could say so. */
function missing({ metadata }: Stored<Claim>): Write {
  const { namespace = '', name, uid, labels: own = {} } = metadata;
  const fluentPVC = own[labels.fluentPVC] ?? '';
  return {
    verb: 'event',
    regarding: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
    type: 'Warning',
    reason: MISSING,
    action: 'Drain',
    note:
      `PVC "${name}" cannot be drained: its FluentPVCBinding is lost, and FluentPVC "${fluentPVC}", which ` +
      `it could be made from anew, is not there. The PVC is kept. Make FluentPVC "${fluentPVC}" again, and ` +
      `it is drained; or, to give its data up, annotate the FluentPVCBinding that it gets then: ` +
      `kubectl annotate fpvcb -n ${namespace} ${name} ${annotations.release}=${uid}`,
  };
}

/** The binding of a claim that has lost it, made anew from the FluentPVC as it is now. */
export function bindingOfOrphan(
  { metadata: { name, namespace = '', annotations: own = {} } }: Stored<Claim>,
  fluentPVC: Stored<FluentPVC>,
  pod: Pod | undefined,
  defaults: OperatorDefaults,
): Binding {
  const admission = { name, namespace, id: own[annotations.admissionId] ?? '' };
  const nobody: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [] } };
  const parts = [admission, fluentPVC, pod ?? nobody, defaults] as const;
  const takenOver = own[annotations.takenOver];
  return takenOver === undefined
    ? buildBinding(...parts)
    : buildTakenOverBinding(takenOver, ...parts);
}
