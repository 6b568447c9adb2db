import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { getCondition } from '../../src/api/condition.ts';
import { isDeleting, type Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { Plan } from '../../src/core/plan.ts';
import { statusPlan } from './binding-facts.ts';
import { claimIdentity } from './claim-identity.ts';
import { NEVER_BOUND } from './drain/undrained.ts';
import { NEVER_CREATED } from './in-use/in-use-plan.ts';

/*
 * A claim that was taken for never used, and goes without a drain: what speaks against that as long as
 * it is there. Nothing should; a needless drain costs seconds.
 */

/** Why the claim was used after all: for programs, and for people. */
export interface Doubt {
  reason: string;
  message: string;
}

/**
 * Is there, after all, something that data may be on? `pods`: those that mount the claim, as the cache
 * has them.
 */
export function doubtOf(
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
  pods: readonly Stored<Pod>[],
): Doubt | undefined {
  const missing = getCondition(binding.status?.conditions, 'PodMissing');
  const identity = claimIdentity(claim, binding);
  if (missing?.status !== 'True' || identity.is !== 'ours') return undefined;
  const { metadata, spec } = identity.claim;
  const [pod] = pods;
  if (missing.reason === NEVER_CREATED && pod !== undefined) {
    const message = `Pod "${pod.metadata.name}" came after all: PVC "${metadata.name}" is drained when it is over.`;
    return { reason: 'PodArrived', message };
  }
  const isBound = spec.volumeName !== undefined && !isDeleting(identity.claim);
  if (missing.reason === NEVER_BOUND && isBound) {
    const message = `PVC "${metadata.name}" got a PersistentVolume after all: it is drained.`;
    return { reason: 'ClaimBound', message };
  }
  return undefined;
}

/** The stage before goes on. */
export function reconsidered(
  facts: { now: number; binding: Stored<Binding> },
  { reason, message }: Doubt,
): Plan {
  return statusPlan(facts, 'a claim that was to go unused is not', [
    { type: 'PodMissing', status: 'False', reason, message },
  ]);
}
