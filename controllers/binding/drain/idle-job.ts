import type { Job } from '../../../src/api/job.ts';
import { createdAt, isDeleting, isOwnedBy, type Stored } from '../../../src/api/object.ts';
import { containerStatuses, type Pod } from '../../../src/api/pod.ts';

/** A finalizer Job that is under way without a Pod that runs. */
export interface IdleJob {
  /** ms since the epoch: when its last container ended, or it was made. */
  since: number;
  /** ms since the epoch: when its last container ended; `undefined` where none has. */
  endedAt: number | undefined;
  /** What its Pods wait for; `undefined` where it has none. */
  waitsFor: string | undefined;
  /** The Pod that waits and does not say for what: a volume that cannot be mounted is not in its status. */
  silent: Stored<Pod> | undefined;
}

/** What a Job without a running Pod waits for; `undefined` where one runs. Pure. */
export function idleJob(job: Stored<Job>, jobPods: readonly Stored<Pod>[]): IdleJob | undefined {
  const pods = jobPods.filter((pod) => isOwnedBy(pod, job));
  const statuses = pods.flatMap(containerStatuses);
  if (statuses.some(({ state }) => state?.running !== undefined)) return undefined;
  const ends = statuses
    .flatMap(({ state, lastState }) => [state, lastState])
    .map((one) => Date.parse(one?.terminated?.finishedAt ?? ''))
    .filter((time) => !Number.isNaN(time));
  const endedAt = ends.length === 0 ? undefined : Math.max(...ends);
  const waiting = pods.find((pod) => !isDeleting(pod) && pod.status?.phase === 'Pending');
  const why = waiting === undefined ? undefined : whyPending(waiting);
  return {
    since: Math.max(createdAt(job), endedAt ?? 0),
    endedAt,
    waitsFor: why?.text,
    silent: why?.said === false ? waiting : undefined,
  };
}

const FORGOTTEN =
  'was made and never started, as where its node lost power in between; kubelet forgets such a Pod: ' +
  'delete it, and the Job makes another';

/** `said`: with words of who knows why. */
function whyPending(pod: Stored<Pod>): { text: string; said: boolean } {
  const { name } = pod.metadata;
  for (const { name: container, state } of containerStatuses(pod)) {
    if (state?.waiting === undefined) continue;
    const { reason, message } = state.waiting;
    const which = `container "${container}" of Pod "${name}"`;
    // Made and not started, which takes no time: https://github.com/kubernetes/kubernetes/issues/118321.
    if (reason === undefined) return { text: `${which} ${FORGOTTEN}`, said: true };
    const text = `${which} waits: ${sentence(reason, message)}`;
    return { text, said: message !== undefined };
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const { reason = 'PodScheduled', message } = scheduled;
    const text = `Pod "${name}" has no node: ${sentence(reason, message)}`;
    return { text, said: message !== undefined };
  }
  return { text: `Pod "${name}" is pending`, said: false };
}

function sentence(reason: string, message: string | undefined): string {
  return message === undefined ? reason : `${reason}, ${message.slice(0, 500)}`;
}
