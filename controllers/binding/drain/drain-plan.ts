import type { Binding } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { isTrue } from '../../../src/api/condition.ts';
import { jobOutcome, type Job } from '../../../src/api/job.ts';
import { annotations } from '../../../src/api/names.ts';
import { isDeleting, type Stored } from '../../../src/api/object.ts';
import type { Plan, Write } from '../../../src/core/plan.ts';
import { refusalOf, type CreateRefusal } from '../../../src/kube/create-refusal.ts';
import { ending, isGivenUp, jobDeletion, untilMs } from '../binding-facts.ts';
import { claimIdentity, isLost } from '../claim-identity.ts';
import { claimTrouble } from '../claim-trouble.ts';
import { identityWrite } from '../first-seen.ts';
import { isExhausted } from './attempts.ts';
import {
  applied,
  failed,
  isFailureRecorded,
  stalled,
  succeeded,
  unknown,
  waiting,
  type DrainFacts,
  type StallReason,
} from './drain-report.ts';
import { beginRescue, type VolumeSight } from '../rescue/rescue-begin.ts';
import { busy, IDLE_MS, idling, lingering, refused, type JobPod } from './stalled-drain.ts';
import { givenUp, neverBound, nothingCreated } from './undrained.ts';

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
 *     the claim never had a volume ──> PodMissing: nobody can have written to it
 *
 * After `finalization.attempts` failed ones none is due by itself any more, only by `retry`.
 * Success counts only when it is recorded here: a Job that is gone without that runs again.
 */
export interface DrainObservation extends DrainFacts {
  /** The volume of a claim that cannot be drained itself, read live; else `unseen`. */
  volume: VolumeSight;
  /** Pods of finalizer Jobs, as the cache has them. */
  jobPods: readonly JobPod[];
  /** Since when a Job that is under way has no Pod that runs (ms since the epoch), and why. */
  idle: { since: number; why: string | undefined } | undefined;
  /** Read live when there is no Job; else `undefined`. */
  next: NextJob | undefined;
  /** What the API server did not take of the last plan. */
  refusal: CreateRefusal | undefined;
}

/** What it takes to make a Job. */
export type NextJob =
  | { outcome: 'job'; job: Job }
  /** There is one which the cache does not show: it is late, or somebody took its label off. */
  | { outcome: 'present'; job: Stored<Job> }
  /** Pods of former Jobs that may still run. */
  | { outcome: 'busy'; pods: JobPod[] }
  /** Somebody else's Job has its name. */
  | { outcome: 'taken'; message: string }
  /** Nothing will ever change that. */
  | { outcome: 'impossible'; reason: StallReason; message: string };

/** Pods of former Jobs are watched: this is for a watch that is late. */
const BUSY_AGAIN_MS = 30_000;
/** Jobs without our label are not. */
const UNWATCHED_AGAIN_MS = 30_000;
/** Why a Pod could not be made stands in Events, which are not watched. */
const IDLE_AGAIN_MS = 60_000;
/** A Job that is being deleted for longer is shown. */
const LINGERS_MS = 120_000;

/** What becomes of a claim that is to be drained. Pure. */
export function drainPlan(observation: DrainObservation): Plan {
  const { binding, claim, job } = observation;
  // Whatever became of the claim since: what was on it is shipped.
  if (job !== undefined && jobOutcome(job)?.succeeded === true) return succeeded(observation, job);
  if (isGivenUp(binding, claim)) return givenUp(observation);
  const identity = claimIdentity(claim, binding);
  if (identity.is === 'absent' && isUnseen(binding)) return nothingCreated(observation);
  if (isLost(identity) && isDeleting(binding)) {
    return {
      writes: ending(binding),
      reason: 'the claim is lost, which somebody has acknowledged',
      outcome: { kind: 'givenUp', fluentPVC: binding.spec.fluentPVC.name, reason: 'Lost' },
    };
  }
  if (identity.is === 'ours') {
    // First of all: from what it says here, its volume is rescued when somebody takes it away.
    const patch = identityWrite(binding, { claimUid: identity.claim.metadata.uid });
    if (patch !== undefined) return { writes: [patch], reason: 'the claim was seen' };
    if (wasNeverBound(identity.claim, binding)) return neverBound(observation);
  }
  const trouble = claimTrouble(claim, binding);
  if (trouble !== undefined) {
    return (
      beginRescue(observation, observation.volume) ??
      unknown(observation, trouble.reason, trouble.message)
    );
  }
  return job === undefined ? withoutJob(observation) : withJob(observation, job);
}

function withJob(observation: DrainObservation, job: Stored<Job>): Plan {
  const { now, binding, jobPods } = observation;
  if (isDeleting(job)) {
    const restMs = Date.parse(job.metadata.deletionTimestamp ?? '') + LINGERS_MS - now;
    const reason = 'waiting for the old finalizer Job to go';
    return restMs > 0
      ? { writes: [], requeueAfterMs: restMs, reason }
      : lingering(observation, job, jobPods);
  }
  const end = jobOutcome(job);
  if (end === undefined) return underWay(observation, job);
  if (!isFailureRecorded(binding, job)) return failed(observation, job, end);

  const wait = notDue(binding, now);
  if (wait !== undefined) return { writes: [], ...wait };
  return {
    writes: [jobDeletion(job, 'Foreground')],
    reason: 'the next attempt is due; the failed finalizer Job goes',
  };
}

/** A Pod that does not come up within a while is shown: a Secret, an image, a quota may be missing. */
function underWay(observation: DrainObservation, job: Stored<Job>): Plan {
  const { now, idle } = observation;
  if (idle === undefined) return applied(observation, job);
  const restMs = idle.since + IDLE_MS - now;
  return restMs > 0
    ? { ...applied(observation, job), requeueAfterMs: restMs }
    : { ...idling(observation, job, idle.why), requeueAfterMs: IDLE_AGAIN_MS };
}

function withoutJob(observation: DrainObservation): Plan {
  const { now, binding, next } = observation;
  if (next === undefined) return { writes: [], reason: 'the binding changed meanwhile' };
  if (next.outcome === 'present') {
    const plan = drainPlan({ ...observation, job: next.job });
    const requeueAfterMs = Math.min(plan.requeueAfterMs ?? Infinity, UNWATCHED_AGAIN_MS);
    return { ...plan, requeueAfterMs };
  }
  if (isTrue(binding.status?.conditions, 'FinalizerJobFailed')) {
    const wait = notDue(binding, now);
    if (wait !== undefined) return { ...wait, ...waiting(observation, wait.reason) };
  }
  switch (next.outcome) {
    case 'busy':
      return { ...busy(observation, next.pods), requeueAfterMs: BUSY_AGAIN_MS };
    case 'taken': {
      const requeueAfterMs = UNWATCHED_AGAIN_MS;
      return { ...stalled(observation, 'JobNameTaken', next.message), requeueAfterMs };
    }
    case 'impossible':
      return stalled(observation, next.reason, next.message);
    case 'job':
      return creation(observation, next.job);
    default:
      throw new Error(`no such outcome: ${JSON.stringify(next satisfies never)}`);
  }
}

/** Said first where it was refused before, then tried again: who reads the status may mend it. */
function creation(observation: DrainObservation, job: Job): Plan {
  const refusal = refusalOf(observation.refusal, job);
  const create: Write = { verb: 'create', object: job, ifNotMoot: true };
  if (refusal === undefined) return { writes: [create], reason: 'the claim is drained' };
  const { writes, reason } = refused(observation, refusal);
  return { writes: [...writes, create], reason };
}

/**
 * Has the claim no volume, and had none? Only one that is bound can be mounted, and it stays bound: the
 * Pod, which is over, has written nothing. Its finalizer Job would wait for a volume, too, for ever.
 */
function wasNeverBound(claim: Stored<Claim>, { spec, status }: Binding): boolean {
  const known = spec.rescue?.volumeName ?? status?.volumeName;
  return claim.spec.volumeName === undefined && known === undefined;
}

/** Of an admission that failed between its two writes. */
function isUnseen({ spec }: Binding): boolean {
  return spec.pod.uid === '' && spec.pvc.uid === '';
}

/** Why no attempt is due, and when one will be, unless by hand; `undefined` where one is. */
function notDue(binding: Stored<Binding>, now: number): Omit<Plan, 'writes'> | undefined {
  const asked = binding.metadata.annotations?.[annotations.retry];
  if (asked !== undefined && asked !== binding.status?.observedRetry) return undefined;
  if (isExhausted(binding)) return { reason: 'the last attempt has failed: people decide' };
  const requeueAfterMs = untilMs(binding.status?.nextAttemptTime, now);
  return requeueAfterMs > 0
    ? { requeueAfterMs, reason: 'waiting for the next attempt' }
    : undefined;
}
