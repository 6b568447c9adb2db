import type { Job } from '../../src/api/job.ts';
import { annotations } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { endJob, exited, ref, RUNNING, say, status, type Cycle } from '../api/cycle.ts';
import { bindingWith, jobOf, runningPod, soon, type Place } from './place.ts';

/* What happens in several flows, without the operator's doing or with it. */

/** Its containers have ended well. */
export async function ends(place: Place, pod: Stored<Pod>): Promise<void> {
  await say(place, pod, status('Succeeded', exited(0), exited(0)));
}

/** A Pod that has ended, and its finalizer Job. */
export async function draining(place: Place): Promise<Cycle & { job: Stored<Job> }> {
  const { pod, binding } = await runningPod(place);
  await ends(place, pod);
  return { pod, binding, job: await jobOf(place, binding) };
}

/** The finalizer Job, not that one, succeeds. */
export async function drains(place: Place, binding: string, notUid?: string): Promise<void> {
  await endJob(place, await jobOf(place, binding, notUid), 'Complete');
}

/** A Pod that has ended, and the Job that failed to drain its claim. */
export async function failing(place: Place): Promise<{ binding: string; job: Stored<Job> }> {
  const { binding, job } = await draining(place);
  await endJob(place, job, 'Failed');
  await bindingWith(place, binding, 'FinalizerJobFailed');
  return { binding, job };
}

/** Somebody wants a failed drain to be tried again at once. */
export async function retried(place: Place, binding: string): Promise<void> {
  await place.kubectl('annotate', 'fpvcb', binding, `${annotations.retry}=now`);
}

/** Somebody deletes a Pod, and does not wait for its kubelet. */
export async function forceDeleted({ kubectl }: Place, pod: Stored<Pod>): Promise<void> {
  await kubectl('delete', 'pod', pod.metadata.name, '--force', '--grace-period=0');
}

/** The sidecar fails, the operator has the Pod deleted, and its kubelet ends it. */
export async function sidecarFails(place: Place, { pod, binding }: Cycle): Promise<void> {
  await say(place, pod, status('Running', RUNNING, exited(1)));
  await soon('the Pod to be deleted', async () => {
    const found = await place.client.get<Pod>(ref(place, 'Pod', pod.metadata.name));
    return found?.metadata.deletionTimestamp !== undefined;
  });
  await say(place, pod, status('Failed', exited(143), exited(1)));
  await drains(place, binding);
}
