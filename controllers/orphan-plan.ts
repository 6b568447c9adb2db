import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { FluentPVC, OperatorDefaults } from '../src/api/fluentpvc.ts';
import { annotations, finalizers, labels } from '../src/api/names.ts';
import { createdAt, hasFinalizer, type Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import { buildBinding } from '../src/core/build.ts';
import type { Plan } from '../src/core/plan.ts';
import { MAY_ARRIVE_MS } from './in-use-plan.ts';

/**
 * A claim of ours without its binding: the webhook stores both at the same time, and may die, or
 * lose its undo, in between. The claim gets its binding back, and the binding decides as ever.
 *
 *     claim without binding ──(70 s: the binding may be on its way)──> read live: still so?
 *         └──> binding made anew, from the FluentPVC as it is now
 */
export interface OrphanObservation {
  now: number;
  /** The claim as the cache has it. */
  claim: Stored<Claim>;
  /** Read live once the claim is old enough; `undefined` before. */
  live: { claim: Stored<Claim> | undefined; binding: Stored<Binding> | undefined } | undefined;
  fluentPVC: Stored<FluentPVC> | undefined;
  /** The Pod that names the claim, where there is one. */
  pod: Stored<Pod> | undefined;
  defaults: OperatorDefaults;
}

/** For a FluentPVC that is not there: somebody may bring it back. */
const FLUENT_PVC_AGAIN_MS = 60_000;

/** Is the claim one that must have a binding? */
export function needsBinding(claim: Stored<Claim>): boolean {
  const { metadata } = claim;
  return (
    hasFinalizer(claim, finalizers.claim) &&
    metadata.labels?.[labels.binding] === metadata.name &&
    metadata.annotations?.[annotations.admissionId] !== undefined
  );
}

/** What becomes of a claim whose binding the cache does not have. Pure. */
export function orphanPlan(observation: OrphanObservation): Plan {
  const { now, claim, live, fluentPVC, pod, defaults } = observation;
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
  const { name, namespace = '' } = claim.metadata;
  const id = claim.metadata.annotations?.[annotations.admissionId] ?? '';
  const nobody: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [] } };
  const binding = buildBinding({ name, namespace, id }, fluentPVC, pod ?? nobody, defaults);
  return { writes: [{ verb: 'create', object: binding }], reason: 'a claim gets its binding back' };
}
