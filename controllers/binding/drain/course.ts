import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { jobOutcome, type Job } from '../../../src/api/job.ts';
import type { Identity, Stored } from '../../../src/api/object.ts';
import type { RescueBinding } from '../../../src/core/rescue.ts';
import { isGivenUp } from '../binding-facts.ts';
import { isRescuing } from '../rescue/rescue-plan.ts';

/** Which plan decides on a claim whose Pod is over, and what it needs besides. */
export type Course =
  { is: 'drain' } | { is: 'leave'; namespace: Identity } | { is: 'rescue'; binding: RescueBinding };

/** What it depends on. */
export interface CourseFacts {
  binding: Stored<Binding>;
  claim: Stored<Claim> | undefined;
  /** The finalizer Job of now, where there is one. */
  job: Stored<Job> | undefined;
  /** The namespace, where it is being deleted. */
  namespace: Identity | undefined;
}

/** The first that holds decides. Pure. */
export function courseOf({ binding, claim, job, namespace }: CourseFacts): Course {
  // What was on the claim is shipped, whatever becomes of claim, volume and namespace.
  if (job !== undefined && jobOutcome(job)?.succeeded === true) return { is: 'drain' };
  // Nothing can be made there any more: neither a Job nor another claim.
  if (namespace !== undefined) return { is: 'leave', namespace };
  if (isRescuing(binding, claim) && !isGivenUp(binding, claim)) return { is: 'rescue', binding };
  return { is: 'drain' };
}
