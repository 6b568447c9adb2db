import type { Binding, Snapshot } from '../../../src/api/binding.ts';
import type { Job } from '../../../src/api/job.ts';
import { isOwnedBy, type Stored } from '../../../src/api/object.ts';
import { hasEnded, mountsClaim, type Pod } from '../../../src/api/pod.ts';
import { buildFinalizerJob } from '../../../src/core/finalizer-job.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { jobPodSelector } from '../binding-facts.ts';
import { storedBinding } from '../stored-binding.ts';
import type { NextJob } from './drain-plan.ts';
import { jobPodsOf } from './stalled-drain.ts';

/**
 * The next finalizer Job. Read live, not from caches: two drainers on one volume, or a Job for a
 * binding that is done already, are what must not be.
 */
export async function nextJob(
  client: Pick<KubeClient, 'get' | 'list'>,
  cached: Stored<Binding>,
  signal: AbortSignal,
): Promise<NextJob | undefined> {
  const { namespace = '', name } = cached.metadata;
  const [binding, job] = await Promise.all([
    storedBinding(client, cached, signal),
    client.get<Job>({ kind: 'Job', namespace, name }, { signal }),
  ]);
  if (binding === undefined) return undefined;
  if (job !== undefined && isOwnedBy(job, binding)) return { outcome: 'present', job };
  if (job !== undefined) {
    const message = `Job "${name}" is not ours and has the name of the finalizer Job: delete it.`;
    return { outcome: 'taken', message };
  }
  // Behind that: while its Job is there it makes Pods.
  const labelSelector = jobPodSelector(cached);
  const pods = await client.list<Pod>('Pod', { namespace, labelSelector }, { signal });
  // By claim, too: anybody may give a Pod our label, and one that has not the volume does not write to it.
  const unfinished = pods.items.filter(
    (pod) => !hasEnded(pod) && mountsClaim(pod, binding.spec.pvc.name),
  );
  if (unfinished.length > 0) return { outcome: 'busy', pods: jobPodsOf(unfinished) };
  return jobFrom(binding);
}

/** The Job that a binding, as the API server has it, is drained by. Pure. */
export function jobFrom(
  binding: Stored<Binding>,
): Extract<NextJob, { outcome: 'job' | 'impossible' }> {
  const { name } = binding.metadata;
  const snapshot = readSnapshot(binding.spec.snapshot ?? '');
  if (snapshot === undefined) {
    const message = `FluentPVCBinding "${name}" has no snapshot that a finalizer Job can be made from.`;
    return { outcome: 'impossible', reason: 'SnapshotUnusable', message };
  }
  const built = buildFinalizerJob(binding, snapshot);
  switch (built.outcome) {
    case 'job':
      return built;
    case 'mountPathTaken': {
      const message =
        `The finalizer Job's container "${built.container}" mounts volume "${built.by}" at ` +
        `${built.mount.mountPath}, where volume "${built.mount.name}" belongs.`;
      return { outcome: 'impossible', reason: 'MountPathTaken', message };
    }
    case 'volumeTaken': {
      const message =
        `The finalizer Job's container "${built.container}" uses volume "${built.volume}" as a device, ` +
        `and it has a file system.`;
      return { outcome: 'impossible', reason: 'VolumeTaken', message };
    }
    case 'noContainerLeft':
      throw new Error('a finalizer Job has no sidecar');
    default:
      throw new Error(`no such outcome: ${JSON.stringify(built satisfies never)}`);
  }
}

/** `undefined` for what is no snapshot: a binding may have been made by hand. */
function readSnapshot(text: string): Snapshot | undefined {
  try {
    const snapshot = JSON.parse(text) as Partial<Snapshot> | null;
    const usable = Array.isArray(snapshot?.jobSpecTemplate?.template.spec.containers);
    return usable ? (snapshot as Snapshot) : undefined;
  } catch {
    return undefined;
  }
}
