import type { Binding, BindingConditionType } from '../../../src/api/binding.ts';
import { isTrue, rfc3339 } from '../../../src/api/condition.ts';
import type { Claim } from '../../../src/api/claim.ts';
import type { Job } from '../../../src/api/job.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import { excerpt } from '../../../src/core/excerpt.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { withWarning } from '../binding-event.ts';
import {
  overSince,
  statusPlan,
  type BindingCondition,
  type StatusChange,
} from '../binding-facts.ts';
import { volumeField } from '../first-seen.ts';
import { drainBackoffMs, isLastAttempt, peoplesTurn } from './attempts.ts';

/*
 * What the status of a binding says of its drain. Each function is the plan that says it, and
 * nothing to write where it is said already.
 */

/** What a report is made from. */
export interface DrainFacts {
  now: number;
  binding: Stored<Binding>;
  /** The claim, asked live where the cache has none, or one without a volume. */
  claim: Stored<Claim> | undefined;
  /** The finalizer Job of now, where there is one. */
  job: Stored<Job> | undefined;
  /** Exit code, reason and termination message of the Job's last Pod, for people. */
  jobPodEnd: string | undefined;
}

/** Reasons of the condition `DrainStalled`; docs/runbooks.md says of each what it means. */
export const STALL_REASONS = [
  'NoPodRuns',
  'FinalizerJobRefused',
  'FinalizerJobNotMade',
  'FormerJobBusy',
  'JobNameTaken',
  'SnapshotUnusable',
  'MountPathTaken',
  'VolumeTaken',
  'RescueRefused',
  'RescueDisabled',
] as const;
export type StallReason = (typeof STALL_REASONS)[number];

/** What does not hold any more when there is a Job. */
const WHAT_A_JOB_ENDS = ['FinalizerJobFailed', 'Unknown', 'DrainStalled'] as const;

/** A Job is at work with the claim, or would be but for that. */
export function applied(
  observation: DrainFacts,
  job: Stored<Job>,
  stall?: { reason: StallReason; message: string },
): Plan {
  const { binding, claim } = observation;
  const message = `Job "${job.metadata.name}" drains PVC "${binding.spec.pvc.name}".`;
  const fields = isRecorded(binding, job) ? {} : { nextAttemptTime: null };
  const over = WHAT_A_JOB_ENDS.filter((type) => stall === undefined || type !== 'DrainStalled');
  return statusPlan(
    observation,
    'the finalizer Job is there',
    [
      { type: 'FinalizerJobApplied', status: 'True', reason: 'FinalizerJobFound', message },
      ...overcome(binding, over, 'FinalizerJobFound', message),
      ...(stall === undefined
        ? []
        : [{ type: 'DrainStalled', status: 'True', ...stall } satisfies BindingCondition]),
    ],
    { ...fields, ...volumeField(claim?.spec.volumeName), ...started(binding, job) },
  );
}

/** A Job succeeded: the claim may go. */
export function succeeded(observation: DrainFacts, job: Stored<Job>): Plan {
  const { now, binding } = observation;
  const reason = 'FinalizerJobSucceeded';
  const message = `Job "${job.metadata.name}" has drained PVC "${binding.spec.pvc.name}".`;
  const plan = statusPlan(
    observation,
    'the finalizer Job succeeded',
    [
      { type: 'FinalizerJobSucceeded', status: 'True', reason, message },
      ...overcome(binding, WHAT_A_JOB_ENDS, reason, message),
    ],
    { jobUID: job.metadata.uid, nextAttemptTime: null },
  );
  const fluentPVC = binding.spec.fluentPVC.name;
  return { ...plan, outcome: { kind: 'drained', fluentPVC, ms: now - overSince(binding) } };
}

/** A Job failed: why, and when the next one is due, or that it was the last. */
export function failed(
  observation: DrainFacts,
  job: Stored<Job>,
  end: { reason: string; message: string },
): Plan {
  const { now, binding, jobPodEnd } = observation;
  const attempts = (binding.status?.attempts ?? 0) + 1;
  const last = isLastAttempt(binding, attempts);
  const nextAttemptTime = rfc3339(now + drainBackoffMs(attempts));
  const name = job.metadata.name;
  const details = jobPodEnd === undefined ? '' : ` ${jobPodEnd}`;
  const turn = last
    ? peoplesTurn(binding, attempts)
    : `The next attempt is at ${nextAttemptTime}, or at once when the annotation ` +
      `${annotations.retry} gets a new value.`;
  const status = statusPlan(
    observation,
    'the finalizer Job failed',
    [
      {
        type: 'FinalizerJobFailed',
        status: 'True',
        reason: last ? EXHAUSTED : 'FinalizerJobFailed',
        message: `Job "${name}" failed: ${excerpt(end.message, MAX_WHY_BYTES)}.${details} PVC "${binding.spec.pvc.name}" is kept. ${turn}`,
      },
      ...overcome(
        binding,
        ['Unknown', 'DrainStalled'],
        'FinalizerJobFailed',
        `Job "${name}" has run.`,
      ),
    ],
    { attempts, nextAttemptTime: last ? null : nextAttemptTime, ...started(binding, job) },
  );
  const fluentPVC = binding.spec.fluentPVC.name;
  const plan: Plan = { ...status, outcome: { kind: 'drainFailed', fluentPVC, reason: end.reason } };
  if (!last) return plan;
  const note = `Job "${name}" failed, and PVC "${binding.spec.pvc.name}" is kept. ${turn}`;
  return withWarning(plan, binding, { reason: EXHAUSTED, action: 'Drain', note });
}

/** The Job controller's words may be as long as our condition may be, and ours come behind them. */
const MAX_WHY_BYTES = 4000;

const EXHAUSTED = 'AttemptsExhausted';

/** The operator cannot go on by itself; it says so once and looks again when something changes. */
export function unknown(observation: DrainFacts, reason: string, message: string): Plan {
  return statusPlan(observation, 'the claim cannot be drained', [
    { type: 'Unknown', status: 'True', reason, message },
  ]);
}

/** The drain does not get under way: what stands in the way, and whose turn it is. */
export function stalled(observation: DrainFacts, reason: StallReason, message: string): Plan {
  return statusPlan(observation, 'the drain is stalled', [
    { type: 'DrainStalled', status: 'True', reason, message },
    ...jobGone(observation),
  ]);
}

/** There is no Job, and the next one is not due. */
export function waiting(observation: DrainFacts, reason: string): Plan {
  return statusPlan(observation, reason, jobGone(observation));
}

/** Said while there is no Job, not between two Jobs. */
function jobGone({ binding, job }: DrainFacts): BindingCondition[] {
  if (job !== undefined) return [];
  const message = `There is no Job "${binding.metadata.name}" now.`;
  return overcome(binding, ['FinalizerJobApplied'], 'FinalizerJobGone', message);
}

/** What held until now and does not any more. */
export function overcome(
  binding: Stored<Binding>,
  types: readonly BindingConditionType[],
  reason: string,
  message: string,
): BindingCondition[] {
  return types
    .filter((type) => isTrue(binding.status?.conditions, type))
    .map((type) => ({ type, status: 'False', reason, message }));
}

/** What is noted of a Job that is seen first. A `retry` that comes later is meant for its failure. */
function started(binding: Stored<Binding>, job: Stored<Job>): StatusChange {
  if (isRecorded(binding, job)) return {};
  const observedRetry = binding.metadata.annotations?.[annotations.retry] ?? null;
  return { jobUID: job.metadata.uid, observedRetry };
}

/** Do the recorded conditions speak of this very Job? */
function isRecorded(binding: Stored<Binding>, job: Stored<Job>): boolean {
  return binding.status?.jobUID === job.metadata.uid;
}

/** Is the failure of this very Job recorded, and with it what its Pods said? */
export function isFailureRecorded(binding: Stored<Binding>, job: Stored<Job>): boolean {
  return isRecorded(binding, job) && isTrue(binding.status?.conditions, 'FinalizerJobFailed');
}
