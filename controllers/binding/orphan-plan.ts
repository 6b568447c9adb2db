import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { FluentPVC, OperatorDefaults } from '../../src/api/fluentpvc.ts';
import { annotations, finalizers, labels, UNUSED } from '../../src/api/names.ts';
import { createdAt, hasFinalizer, isDeleting, type Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { buildBinding, buildTakenOverBinding } from '../../src/core/build.ts';
import type { Plan } from '../../src/core/plan.ts';
import { MAY_ARRIVE_MS } from './in-use/in-use-plan.ts';

/**
 * A claim of ours without its binding: the webhook stores both at the same time, and may die, or
 * lose its undo, in between. The claim gets its binding back, and the binding decides as ever.
 *
 *     claim without binding ──(70 s: the binding may be on its way)──> read live: still so?
 *         └──> binding made anew, from the FluentPVC as it is now
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
  /** The Pod that names the claim, where there is one: read live, for what a drain needs of it. */
  pod: Stored<Pod> | undefined;
  defaults: OperatorDefaults;
}

/** For a FluentPVC that is not there: somebody may bring it back. */
const FLUENT_PVC_AGAIN_MS = 60_000;

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
  const { now, claim, live, fluentPVC, pod, defaults } = observation;
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
  if (fluentPVC === undefined) {
    const requeueAfterMs = FLUENT_PVC_AGAIN_MS;
    return { writes: [], requeueAfterMs, reason: 'a claim has lost binding and FluentPVC' };
  }
  const binding = bindingOfOrphan(claim, fluentPVC, pod, defaults);
  return { writes: [{ verb: 'create', object: binding }], reason: 'a claim gets its binding back' };
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
