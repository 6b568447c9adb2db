import type { Binding } from '../../../src/api/binding.ts';
import type { KubeEvent } from '../../../src/api/event.ts';
import { jobOutcome, type Job } from '../../../src/api/job.ts';
import { isDeleting, isOwnedBy, type KubeObject, type Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isTakenOver, jobPodSelector } from '../binding-facts.ts';
import type { DrainObservation } from './drain-plan.ts';
import { isFailureRecorded } from './drain-report.ts';
import { idleJob, type IdleJob } from './idle-job.ts';
import { IDLE_MS, jobPodsOf } from './stalled-drain.ts';

/** What a plan needs to know of the Job that there is. */
export type JobSight = Pick<DrainObservation, 'job' | 'jobPods' | 'jobPodEnd'> & {
  idle: (Pick<IdleJob, 'since' | 'endedAt'> & { why: string | undefined }) | undefined;
};

/** Looks at a finalizer Job: in the caches, and live only at its failure and while it is stalled. */
export function createJobObserver(
  client: KubeClient,
): (
  binding: Stored<Binding>,
  job: Stored<Job> | undefined,
  jobPods: readonly Stored<Pod>[],
  now: number,
  signal: AbortSignal,
) => Promise<JobSight> {
  /** Read live: the Job's end may be here before its Pod's. */
  const jobPodEnd = async (
    binding: Stored<Binding>,
    job: Stored<Job>,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    const { namespace = '' } = binding.metadata;
    const labelSelector = jobPodSelector(binding);
    const pods = await client.list<Pod>('Pod', { namespace, labelSelector }, { signal });
    return endOf(pods.items.filter((pod) => isOwnedBy(pod, job)));
  };

  /** Events of that object, the newest first: one that is repeated is written anew. */
  const eventsOf = async (
    { metadata }: Stored<KubeObject>,
    selector: string,
    signal: AbortSignal,
  ): Promise<KubeEvent[]> => {
    const fieldSelector = `regarding.uid=${metadata.uid},${selector}`;
    const list = { namespace: metadata.namespace ?? '', fieldSelector };
    const { items } = await client.list<KubeEvent>('Event', list, { signal });
    return items.toSorted(
      (a, b) => Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion),
    );
  };

  /** Why an idle Job has no Pod, in the API server's words, or what its Pod lacks, in the kubelet's. */
  const whyIdle = async (
    job: Stored<Job>,
    { waitsFor, silent }: IdleJob,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    if (waitsFor === undefined) {
      return (await eventsOf(job, 'reason=FailedCreate', signal))[0]?.note;
    }
    if (silent === undefined) return waitsFor;
    const notes = (await eventsOf(silent, 'type=Warning', signal)).map(
      ({ reason = 'Warning', note = '' }) => `${reason}, ${note.slice(0, 500)}`,
    );
    // The kubelet has two for a volume: what it lacks, and that it waits. Sorted, so that the words
    // do not change with each of them.
    const newest = [...new Set(notes)].slice(0, 2).toSorted();
    return [waitsFor, ...newest].join('; ');
  };

  return async (binding, job, jobPods, now, signal) => {
    const sight = { job, jobPods: jobPodsOf(jobPods), jobPodEnd: undefined, idle: undefined };
    const outcome = job === undefined ? undefined : jobOutcome(job);
    if (job === undefined || outcome?.succeeded === true) return sight;
    if (outcome !== undefined) {
      if (isFailureRecorded(binding, job)) return sight;
      return { ...sight, jobPodEnd: await jobPodEnd(binding, job, signal) };
    }
    // The Pods of a Job of the original operator are not watched: nobody knows whether one runs.
    const unknown = isDeleting(job) || isTakenOver(job);
    const idle = unknown ? undefined : idleJob(job, jobPods);
    if (idle === undefined) return sight;
    const { since, endedAt, waitsFor } = idle;
    const why = now - since >= IDLE_MS ? await whyIdle(job, idle, signal) : waitsFor;
    return { ...sight, idle: { since, endedAt, why } };
  };
}

/** How the last of these Pods failed, in a sentence. */
function endOf(pods: Stored<Pod>[]): string | undefined {
  const newest = pods.toSorted((a, b) =>
    b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp),
  );
  for (const pod of newest) {
    // Its containers first: native sidecars are ended after them, and may not end well then.
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    for (const { name, state } of [...containerStatuses, ...initContainerStatuses]) {
      const end = state?.terminated;
      if (end === undefined || end.exitCode === 0) continue;
      const said = end.message === undefined ? '' : `: ${end.message.trim().slice(0, 1000)}`;
      return `Container "${name}" of Pod "${pod.metadata.name}" exited with ${end.exitCode} (${end.reason ?? 'no reason'})${said}.`;
    }
  }
  return undefined;
}
