import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { getCondition } from '../../src/api/condition.ts';
import { isDeleting, type Stored } from '../../src/api/object.ts';
import type { Plan } from '../../src/core/plan.ts';
import { statusPlan } from './binding-facts.ts';
import { claimIdentity } from './claim-identity.ts';
import { NEVER_BOUND } from './drain/undrained.ts';

/*
 * A claim that was taken for never used, and goes without a drain: what speaks against that as long as
 * it is there. Nothing should; a needless drain costs seconds.
 */

/** Why the claim was used after all: for programs, and for people. */
export interface Doubt {
  reason: string;
  message: string;
}

/** Is there, after all, something that data may be on? */
export function doubtOf(
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
): Doubt | undefined {
  const missing = getCondition(binding.status?.conditions, 'PodMissing');
  if (missing?.status !== 'True' || missing.reason !== NEVER_BOUND) return undefined;
  const identity = claimIdentity(claim, binding);
  if (identity.is !== 'ours' || isDeleting(identity.claim)) return undefined;
  const { name } = identity.claim.metadata;
  if (identity.claim.spec.volumeName === undefined) return undefined;
  const message = `PVC "${name}" got a PersistentVolume after all: it is drained.`;
  return { reason: 'ClaimBound', message };
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
