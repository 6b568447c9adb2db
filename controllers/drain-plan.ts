import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import { isTrue, rfc3339 } from '../src/api/condition.ts';
import { jobOutcome, type Job } from '../src/api/job.ts';
import { annotations } from '../src/api/names.ts';
import { isDeleting, type Stored } from '../src/api/object.ts';
import type { Plan } from '../src/core/plan.ts';
import { statusWrite, untilMs, type BindingCondition, type StatusChange } from './binding-facts.ts';

/**
 * Drains a claim whose Pod is over, one finalizer Job after the other until one succeeds.
 *
 *     no Job ──(no Pod of a former Job is unfinished)──> create ──> FinalizerJobApplied
 *       ^                                                             │        │
 *       │                                                        Failed        Complete
 *       │                                                             │        │
 *       └──(due, or `retry`: Job deleted)── FinalizerJobFailed <──────┘        v
 *                                                                  FinalizerJobSucceeded
 *
 * Success counts only when it is recorded here: a Job that is gone without that runs again.
 */
export interface DrainObservation {
  now: number;
  binding: Stored<Binding>;
  /** The claim, asked live where the cache has none. */
  claim: Stored<Claim> | undefined;
  job: Stored<Job> | undefined;
  /** Exit code, reason and termination message of the Job's last Pod, for people. */
  jobPodEnd: string | undefined;
  /** Read live when there is no Job; else `undefined`. */
  next: NextJob | undefined;
}

/** What it takes to make a Job. */
export type NextJob =
  | { outcome: 'job'; job: Job }
  /** Pods of former Jobs that may still run. */
  | { outcome: 'busy'; pods: string[] }
  | { outcome: 'impossible'; reason: string; message: string };

const FIRST_BACKOFF_MS = 10_000;
const BACKOFF_LIMIT_MS = 30 * 60_000;
/** Pods of former Jobs are watched: this is for a watch that is late. */
const BUSY_AGAIN_MS = 30_000;

/** When the next Job is due after that many failed ones, in ms. */
export function drainBackoffMs(attempts: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempts - 1, 20), BACKOFF_LIMIT_MS);
}

/** What becomes of a claim that is to be drained. Pure. */
export function drainPlan(observation: DrainObservation): Plan {
  const { binding, claim, job } = observation;
  const name = binding.spec.pvc.name;
  if (claim === undefined) {
    return unknown(observation, 'PVCLost', `PVC "${name}" is gone before it was drained.`);
  }
  if (claim.status?.phase === 'Lost') {
    return unknown(observation, 'PVCLost', `PVC "${name}" has lost its volume.`);
  }
  if (isDeleting(claim)) {
    return unknown(
      observation,
      'PVCDeleted',
      `PVC "${name}" was deleted before it was drained. Our finalizer keeps it and its data, but ` +
        `no Pod can mount a claim that is being deleted.`,
    );
  }
  return job === undefined ? withoutJob(observation) : withJob(observation, job);
}

function withJob(observation: DrainObservation, job: Stored<Job>): Plan {
  const { now, binding } = observation;
  const end = jobOutcome(job);
  if (end?.succeeded === true) {
    return say(observation, 'the finalizer Job succeeded', [
      {
        type: 'FinalizerJobSucceeded',
        status: 'True',
        reason: 'FinalizerJobSucceeded',
        message: `Job "${job.metadata.name}" has drained PVC "${binding.spec.pvc.name}".`,
      },
    ]);
  }
  if (isDeleting(job)) return { writes: [], reason: 'waiting for the old finalizer Job to go' };

  const recorded = binding.status?.jobUID === job.metadata.uid;
  const failureRecorded = recorded && isTrue(binding.status?.conditions, 'FinalizerJobFailed');
  if (end === undefined) return applied(observation, job);
  if (!failureRecorded) return failed(observation, job, end.message);

  const waitMs = dueInMs(binding, now);
  if (waitMs > 0) {
    return { writes: [], requeueAfterMs: waitMs, reason: 'waiting for the next attempt' };
  }
  const { namespace, name, uid } = job.metadata;
  return {
    writes: [
      // In the foreground: the Job's name is free only when its Pods are gone.
      { verb: 'delete', ref: { kind: 'Job', namespace, name }, uid, propagation: 'Foreground' },
    ],
    reason: 'the next attempt is due; the failed finalizer Job goes',
  };
}

function withoutJob(observation: DrainObservation): Plan {
  const { now, binding, next } = observation;
  if (isTrue(binding.status?.conditions, 'FinalizerJobFailed')) {
    const waitMs = dueInMs(binding, now);
    if (waitMs > 0) {
      return { writes: [], requeueAfterMs: waitMs, reason: 'waiting for the next attempt' };
    }
  }
  switch (next?.outcome) {
    case undefined:
      return { writes: [], reason: 'the binding changed meanwhile' };
    case 'busy':
      return {
        writes: [],
        requeueAfterMs: BUSY_AGAIN_MS,
        reason: `waiting for Pods of a former finalizer Job: ${next.pods.join(', ')}`,
      };
    case 'impossible':
      return unknown(observation, next.reason, next.message);
    case 'job':
      return { writes: [{ verb: 'create', object: next.job }], reason: 'the claim is drained' };
    default:
      throw new Error(`no such outcome: ${JSON.stringify(next satisfies never)}`);
  }
}

function applied(observation: DrainObservation, job: Stored<Job>): Plan {
  const { binding } = observation;
  const message = `Job "${job.metadata.name}" drains PVC "${binding.spec.pvc.name}".`;
  return say(
    observation,
    'the finalizer Job is there',
    [
      { type: 'FinalizerJobApplied', status: 'True', reason: 'FinalizerJobFound', message },
      ...(isTrue(binding.status?.conditions, 'FinalizerJobFailed')
        ? [notFailed('FinalizerJobFound', message)]
        : []),
      ...known(binding, message),
    ],
    {
      jobUID: job.metadata.uid,
      nextAttemptTime: null,
      observedRetry: binding.metadata.annotations?.[annotations.retry] ?? null,
    },
  );
}

function failed(observation: DrainObservation, job: Stored<Job>, why: string): Plan {
  const { now, binding, jobPodEnd } = observation;
  const attempts = (binding.status?.attempts ?? 0) + 1;
  const nextAttemptTime = rfc3339(now + drainBackoffMs(attempts));
  const name = job.metadata.name;
  const details = jobPodEnd === undefined ? '' : ` ${jobPodEnd}`;
  return say(
    observation,
    'the finalizer Job failed',
    [
      {
        type: 'FinalizerJobFailed',
        status: 'True',
        reason: 'FinalizerJobFailed',
        message:
          `Job "${name}" failed: ${why}.${details} PVC "${binding.spec.pvc.name}" is kept; the ` +
          `next attempt is at ${nextAttemptTime}, or at once when the annotation ` +
          `${annotations.retry} gets a new value.`,
      },
    ],
    { attempts, nextAttemptTime, jobUID: job.metadata.uid },
  );
}

/** The operator cannot go on by itself; it says so once and looks again when something changes. */
function unknown(observation: DrainObservation, reason: string, message: string): Plan {
  return say(observation, 'the claim cannot be drained', [
    { type: 'Unknown', status: 'True', reason, message },
  ]);
}

function known(binding: Stored<Binding>, message: string): BindingCondition[] {
  if (!isTrue(binding.status?.conditions, 'Unknown')) return [];
  return [{ type: 'Unknown', status: 'False', reason: 'FinalizerJobFound', message }];
}

function notFailed(reason: string, message: string): BindingCondition {
  return { type: 'FinalizerJobFailed', status: 'False', reason, message };
}

function say(
  { now, binding }: DrainObservation,
  reason: string,
  conditions: BindingCondition[],
  fields: StatusChange = {},
): Plan {
  const write = statusWrite(binding, now, conditions, fields);
  return { writes: write === undefined ? [] : [write], reason };
}

/** 0 when the next attempt is due, by its time or by hand. */
function dueInMs(binding: Stored<Binding>, now: number): number {
  const asked = binding.metadata.annotations?.[annotations.retry];
  if (asked !== undefined && asked !== binding.status?.observedRetry) return 0;
  return untilMs(binding.status?.nextAttemptTime, now);
}
