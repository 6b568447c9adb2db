import type { Finalization } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, labels } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { endJob, exited, ref, RUNNING, say, status, type Cycle } from '../api/cycle.ts';
import { bindingThat, bindingWith, jobOf, runningPod, soon, type Place } from './place.ts';

/* What happens in several flows, without the operator's doing or with it. */

/** The FluentPVC says how claims are finalized; whoever answers for it takes that. */
export async function finalizes(place: Place, finalization: Partial<Finalization>): Promise<void> {
  const change = JSON.stringify({ spec: { finalization } });
  await soon('the FluentPVC to take it', () =>
    place.kubectl('patch', 'fpvc', place.namespace, '--type=merge', '-p', change),
  );
}

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

/** Name of the volume of a claim, once it has one. */
export async function boundVolume({ kubectl }: Place, claim: string): Promise<string> {
  const says = '-o=jsonpath={.status.phase} {.spec.volumeName}';
  return soon('a volume', async () => {
    const bound = await kubectl('get', 'pvc', claim, says);
    return bound.startsWith('Bound ') && bound.slice('Bound '.length);
  });
}

/** A claim with a volume that is not drained yet: its finalizer Job is under way. */
export async function undrained(place: Place): Promise<Cycle & { volume: string }> {
  const { pod, binding } = await draining(place);
  const volume = await boundVolume(place, binding);
  await bindingThat(place, binding, 'knows it', ({ status: now }) => now?.volumeName === volume);
  await bindingWith(place, binding, 'FinalizerJobApplied');
  return { pod, binding, volume };
}

/** A disruption budget keeps that many labelled Pods of the place. */
export async function kept({ kubectl }: Place, count: number): Promise<void> {
  const of = `--selector=${labels.fluentPVC}`;
  await kubectl('create', 'pdb', 'all', of, `--min-available=${count}`);
  const generation = '-o=jsonpath={.status.observedGeneration}';
  await soon('the budget', async () => (await kubectl('get', 'pdb', 'all', generation)) === '1');
}

/** A node of which nothing is heard. */
export async function silentNode({ kubectl }: Place, name: string): Promise<void> {
  const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
  await kubectl.feed('create', node);
}

/** The binding is gone, and the place can be tidied of what it was to leave. */
export async function ended({ kubectl }: Place): Promise<void> {
  await soon('the binding to end', async () => (await kubectl('get', 'fpvcb', '-o=name')) === '');
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
