import type { Binding, Snapshot } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { Job } from '../src/api/job.ts';
import { labels } from '../src/api/names.ts';
import { keyOf, type ObjectKey, type Stored } from '../src/api/object.ts';
import { containerStatuses, hasEnded, type Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import { buildFinalizerJob } from '../src/core/finalizer-job.ts';
import type { Plan } from '../src/core/plan.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { bindingRef, claimRef, isOurs, stageOf } from './binding-facts.ts';
import { bindingKeyBy, type Caches } from './caches.ts';
import { drainPlan, type NextJob } from './drain-plan.ts';
import { inUsePlan } from './in-use-plan.ts';
import { createPodFinder } from './pod-sight.ts';
import { releasePlan } from './release-plan.ts';

/**
 * The life of a binding and of all that belongs to it: claim, finalizer Job, the Job's Pods.
 *
 *     inUse ──(the Pod is over)──> draining ──(a finalizer Job succeeded)──> releasing ──> gone
 *       └────(the Pod never existed, proven)────────────────────────────────────^
 *
 * Each stage has its plan in a file of its own, with its diagram. The stage is read from the
 * recorded conditions; this file makes the observation that the plan of the stage needs.
 */
export function createBindingDecider(options: {
  caches: Caches;
  client: KubeClient;
  clock: Clock;
}): (key: ObjectKey, signal: AbortSignal) => Promise<Plan> {
  const { caches, client, clock } = options;
  const finder = createPodFinder({ ...caches, client });

  /** A claim that the cache does not have may only be late. */
  const claimOf = async (
    binding: Stored<Binding>,
    signal: AbortSignal,
  ): Promise<Stored<Claim> | undefined> =>
    caches.claims.get(keyOf(binding.metadata)) ??
    (await client.get<Claim>(claimRef(binding), { signal }));

  const jobOf = (binding: Stored<Binding>): Stored<Job> | undefined => {
    const job = caches.jobs.get(keyOf(binding.metadata));
    const owned = job?.metadata.ownerReferences?.some(({ uid }) => uid === binding.metadata.uid);
    return owned === true ? job : undefined;
  };

  return async (key, signal) => {
    const binding = caches.bindings.get(key);
    if (binding === undefined) return { writes: [], reason: 'the binding is gone' };
    const now = clock.now();
    const stage = stageOf(binding);
    switch (stage) {
      case 'inUse': {
        const claim = caches.claims.get(key);
        const claimUid =
          claim !== undefined && isOurs(claim, binding) ? claim.metadata.uid : undefined;
        return inUsePlan({
          now,
          binding,
          claimUid,
          pod: await finder.find(binding, now, signal),
        });
      }
      case 'draining': {
        finder.forget(key);
        const job = jobOf(binding);
        return drainPlan({
          now,
          binding,
          claim: await claimOf(binding, signal),
          job,
          jobPodEnd: endOf(caches.jobPods.byIndex(key)),
          next: job === undefined ? await nextJob(client, binding, signal) : undefined,
        });
      }
      case 'releasing':
        return releasePlan({
          now,
          binding,
          claim: await claimOf(binding, signal),
          job: jobOf(binding),
        });
      default:
        throw new Error(`no such stage: ${String(stage satisfies never)}`);
    }
  };
}

/** Calls `enqueue` with the key of every binding that a change may concern. */
export function watchBindings(caches: Caches, enqueue: (key: ObjectKey) => void): void {
  caches.bindings.onChange(({ object }) => {
    enqueue(keyOf(object.metadata));
  });
  const follow = (label: string) => {
    const keyFor = bindingKeyBy(label);
    return ({ object }: { object: Stored<Claim | Pod | Job> }): void => {
      const key = keyFor(object);
      if (key !== undefined) enqueue(key);
    };
  };
  caches.claims.onChange(follow(labels.binding));
  caches.pods.onChange(follow(labels.binding));
  caches.jobs.onChange(follow(labels.finalizerJobOf));
  caches.jobPods.onChange(follow(labels.finalizerJobOf));
}

/**
 * The next finalizer Job. Read live, not from caches: two drainers on one volume, or a Job for a
 * binding that is done already, are what must not be.
 */
async function nextJob(
  client: KubeClient,
  cached: Stored<Binding>,
  signal: AbortSignal,
): Promise<NextJob | undefined> {
  const { namespace = '', name } = cached.metadata;
  const labelSelector = `${labels.finalizerJobOf}=${name}`;
  const [binding, pods] = await Promise.all([
    client.get<Binding>(bindingRef(cached), { signal }),
    client.list<Pod>('Pod', { namespace, labelSelector }, { signal }),
  ]);
  if (binding?.metadata.resourceVersion !== cached.metadata.resourceVersion) return undefined;
  const unfinished = pods.items.filter((pod) => !hasEnded(pod));
  if (unfinished.length > 0) {
    return { outcome: 'busy', pods: unfinished.map((pod) => pod.metadata.name) };
  }
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

/** How the last of these Pods failed, in a sentence. */
function endOf(pods: Stored<Pod>[]): string | undefined {
  const newest = pods.toSorted((a, b) =>
    b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp),
  );
  for (const pod of newest) {
    for (const { name, state } of containerStatuses(pod)) {
      const end = state?.terminated;
      if (end === undefined || end.exitCode === 0) continue;
      const said = end.message === undefined ? '' : `: ${end.message.trim().slice(0, 1000)}`;
      return `Container "${name}" of Pod "${pod.metadata.name}" exited with ${end.exitCode} (${end.reason ?? 'no reason'})${said}.`;
    }
  }
  return undefined;
}
