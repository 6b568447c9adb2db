import { getCondition } from '../../../src/api/condition.ts';
import type { Job } from '../../../src/api/job.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { isFinal, type ApiError } from '../../../src/kube/api-error.ts';
import { applied, stalled, type DrainFacts } from './drain-report.ts';

/*
 * Why no finalizer Job gets under way, and whose turn it is.
 */

/** A Pod of a finalizer Job, and where it runs. */
export interface JobPod {
  name: string;
  node: string | undefined;
}

/** Name and node of these Pods. */
export function jobPodsOf(pods: readonly Stored<Pod>[]): JobPod[] {
  return pods.map(({ metadata, spec }) => ({ name: metadata.name, node: spec.nodeName }));
}

/** Pods of a former Job may still run: two drainers on one volume are what must not be. */
export function busy(observation: DrainFacts, pods: readonly JobPod[]): Plan {
  const message = `Of a former finalizer Job there is ${named(pods)}; ${TURN}`;
  return stalled(observation, 'FormerJobBusy', message);
}

/** A Job is being deleted for too long, in the foreground: it waits for its Pods. */
export function lingering(
  observation: DrainFacts,
  { metadata }: Stored<Job>,
  pods: readonly JobPod[],
): Plan {
  const { name, deletionTimestamp = '', finalizers = [] } = metadata;
  const kept = finalizers.length === 0 ? '' : ` (finalizers: ${finalizers.join(', ')})`;
  const waits =
    pods.length === 0 ? 'take off what keeps it.' : `it waits for ${named(pods)}; ${TURN}`;
  const message = `Job "${name}" is being deleted since ${deletionTimestamp}${kept}: ${waits}`;
  return stalled(observation, 'FormerJobBusy', message);
}

/** A Job without a Pod that runs is shown after so long, in ms. */
export const IDLE_MS = 120_000;

/** A Job is there, and no Pod of it runs. */
export function idling(
  observation: DrainFacts,
  job: Stored<Job>,
  why = 'it has no Pod, and there is no Event that says why',
): Plan {
  const message =
    `No Pod of Job "${job.metadata.name}" runs: ${why}. PVC "${observation.binding.spec.pvc.name}" ` +
    `is kept, and the drain goes on by itself when the cause is gone.`;
  return applied(observation, job, { reason: 'NoPodRuns', message });
}

const TURN =
  'the next one starts when that is gone. Where its node is down, bring it back or taint it ' +
  'node.kubernetes.io/out-of-service; where it is known to be stopped, `kubectl delete --force` it.';

/**
 * The API server did not take the Job, or the claim that it needs. Said anew only where it refuses for
 * another reason or code: words that differ from try to try (a quota counts what is used) would make
 * each of them the cause of the next.
 */
export function refused(
  observation: DrainFacts,
  error: ApiError,
  what = 'the finalizer Job',
): Plan {
  const { binding } = observation;
  const stays = isFinal(error);
  const reason = stays ? 'FinalizerJobRefused' : 'FinalizerJobNotMade';
  const [answer, turn] = stays
    ? ['refuses', 'remove what stands in its way']
    : ['could not make', 'mend what it waits for, such as a webhook that does not answer'];
  const message =
    `The API server ${answer} ${what}: ${error.message}. PVC "${binding.spec.pvc.name}" ` +
    `is kept, and it is tried again: ${turn}.`;
  const known = getCondition(binding.status?.conditions, 'DrainStalled');
  const isSaid =
    known?.status === 'True' &&
    known.reason === reason &&
    (!stays || known.message.includes(kindOf(error)));
  return stalled(observation, reason, isSaid ? known.message : message);
}

/** As it stands in the message of every refusal. */
function kindOf({ reason, code }: ApiError): string {
  return `(${reason} ${code})`;
}

/** So many are named. */
const NAMED_PODS = 5;

function named(pods: readonly JobPod[]): string {
  const names = pods
    .slice(0, NAMED_PODS)
    .map(
      ({ name, node }) => `Pod "${name}" (${node === undefined ? 'no node' : `node "${node}"`})`,
    );
  const rest = pods.length - names.length;
  return names.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
