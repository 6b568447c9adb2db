import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import type { Job } from '../../../src/api/job.ts';
import { createdAt, type Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { deadline } from '../../../src/clock.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isGivenUp, isMadeAnew, isTakenOver } from '../binding-facts.ts';
import { claimTrouble } from '../claim-trouble.ts';
import { saysOver } from '../in-use/in-use-report.ts';
import { storedBinding } from '../stored-binding.ts';
import { jobFrom } from './next-job.ts';

/*
 * The first finalizer Job is made by the plan that says the Pod is over, right behind that write. Of many
 * Pods that end at once each waits in the queue once less, and nobody is asked for former Jobs: a list of
 * Pods costs the more the more Pods its namespace has.
 *
 *     running ──(the Pod is over)──> OutOfUse, and the Job      where that is all there is to do
 *                       └──────────> OutOfUse ──> drain-plan.ts      everywhere else
 */

/** What is known of a binding whose Pod is found to be over, without a request. */
export interface FirstJobFacts {
  binding: Stored<Binding>;
  claim: Stored<Claim> | undefined;
  /** That has the name of the finalizer Job and our label, whosever it is. */
  job: Stored<Job> | undefined;
  /** That have the label of its Pods. */
  jobPods: readonly Stored<Pod>[];
  /** Is the namespace being deleted? */
  namespaceGoes: boolean;
}

/** The end of a Pod must not wait long for the order to drain its claim to be read. */
const READ_MS = 1_000;

/**
 * The plan, with the first Job behind it where it says that the Pod is over and the binding never had
 * one. What cannot be read for that is left to the next plan.
 */
export async function withFirstJob(
  client: Pick<KubeClient, 'get'>,
  plan: Plan,
  facts: FirstJobFacts,
  signal: AbortSignal,
): Promise<Plan> {
  if (!saysOver(plan) || !isFirst(facts)) return plan;
  using limit = deadline(READ_MS, signal);
  const binding = await storedBinding(client, facts.binding, limit.signal).catch(unlessFault);
  const job = binding && jobOrNone(binding);
  if (job === undefined) return plan;
  const writes: Plan['writes'] = [...plan.writes, { verb: 'create', object: job, ifNotMoot: true }];
  return { ...plan, writes, reason: `${plan.reason}, and gets its finalizer Job` };
}

/**
 * Is the next Job the first one, and nothing but that to be done? A binding that has not said that its Pod
 * is over has had no Job: each is made behind that write, which holds for the version that was looked at.
 * Not so where it may have said it before: as the original's, as the one that its claim had before, with a
 * status that somebody has taken back. A binding that rescues had its past as another one.
 */
function isFirst({ binding, claim, job, jobPods, namespaceGoes }: FirstJobFacts): boolean {
  const hasPast =
    binding.spec.rescue !== undefined ||
    binding.status?.jobUID !== undefined ||
    isTakenOver(binding) ||
    claim === undefined ||
    isMadeAnew(binding, createdAt(claim));
  const isPlain =
    claim?.spec.volumeName !== undefined &&
    claimTrouble(claim, binding) === undefined &&
    !isGivenUp(binding, claim) &&
    !namespaceGoes;
  return !hasPast && isPlain && job === undefined && jobPods.length === 0;
}

/** An order that no Job can be made from is told of by the next plan: the end of the Pod is told first. */
function jobOrNone(binding: Stored<Binding>): Job | undefined {
  try {
    const next = jobFrom(binding);
    return next.outcome === 'job' ? next.job : undefined;
  } catch {
    return undefined;
  }
}

function unlessFault(error: unknown): undefined {
  if (error instanceof ApiError || error instanceof ApiUnreachable) return undefined;
  throw error;
}
