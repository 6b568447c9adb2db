import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { OperatorDefaults } from '../src/api/fluentpvc.ts';
import type { Job } from '../src/api/job.ts';
import { labels } from '../src/api/names.ts';
import {
  createdAt,
  isOwnedBy,
  keyOf,
  type KubeObject,
  type ObjectKey,
  type Stored,
} from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import { mountsClaim, type Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import type { Plan } from '../src/core/plan.ts';
import type { ApiError } from '../src/kube/api-error.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { claimRef, isOurs, stageOf } from './binding-facts.ts';
import { bindingKeyBy, type Caches } from './caches.ts';
import { createJobObserver } from './drain-observer.ts';
import { drainPlan } from './drain-plan.ts';
import { inUsePlan, MAY_ARRIVE_MS } from './in-use-plan.ts';
import { nextJob } from './next-job.ts';
import { isUnused, needsBinding, orphanPlan } from './orphan-plan.ts';
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
  defaults: OperatorDefaults;
}): (key: ObjectKey, signal: AbortSignal, refusal?: ApiError) => Promise<Plan> {
  const { caches, client, clock, defaults } = options;
  const finder = createPodFinder({ ...caches, client, clock });
  const lookAtJob = createJobObserver(client);

  /** A claim that the cache does not have may only be late. One that was never used is nobody's. */
  const claimOf = async (
    binding: Stored<Binding>,
    signal: AbortSignal,
  ): Promise<Stored<Claim> | undefined> => {
    const claim =
      caches.claims.get(keyOf(binding.metadata)) ??
      (await client.get<Claim>(claimRef(binding), { signal }));
    return claim !== undefined && isUnused(claim) ? undefined : claim;
  };

  const jobOf = (binding: Stored<Binding>): Stored<Job> | undefined => {
    const job = caches.jobs.get(keyOf(binding.metadata));
    return job !== undefined && isOwnedBy(job, binding) ? job : undefined;
  };

  /** By label and claim: anybody may give a Pod our label. */
  const podsOfJobs = (binding: Stored<Binding>): Stored<Pod>[] =>
    caches.jobPods
      .byIndex(keyOf(binding.metadata))
      .filter((pod) => mountsClaim(pod, binding.spec.pvc.name));

  const orphan = async (key: ObjectKey, now: number, signal: AbortSignal): Promise<Plan> => {
    const claim = caches.claims.get(key);
    if (claim === undefined) return { writes: [], reason: 'the binding is gone' };
    const { namespace, name, labels: own = {} } = claim.metadata;
    const due = needsBinding(claim) && now - createdAt(claim) >= MAY_ARRIVE_MS;
    const read = <T extends KubeObject>(kind: Kind, of = name): Promise<Stored<T> | undefined> =>
      client.get<T>({ kind, namespace, name: of }, { signal });
    // The cache keeps little of Pods: not what a drain needs of them.
    const user = due
      ? caches.pods.byIndex(key).find((pod) => mountsClaim(pod, name))?.metadata.name
      : undefined;
    const pod = user === undefined ? undefined : await read<Pod>('Pod', user);
    return orphanPlan({
      now,
      claim,
      live: due
        ? {
            claim: await read<Claim>('PersistentVolumeClaim'),
            binding: await read<Binding>('FluentPVCBinding'),
          }
        : undefined,
      fluentPVC: caches.fluentPVCs.get(own[labels.fluentPVC] ?? ''),
      pod: pod !== undefined && mountsClaim(pod, name) ? pod : undefined,
      defaults,
    });
  };

  return async (key, signal, refusal) => {
    const now = clock.now();
    const binding = caches.bindings.get(key);
    if (binding === undefined) return orphan(key, now, signal);
    const stage = stageOf(binding);
    switch (stage) {
      case 'inUse': {
        const claim = caches.claims.get(key);
        const claimUid =
          claim !== undefined && isOurs(claim, binding) ? claim.metadata.uid : undefined;
        return inUsePlan({
          now,
          binding,
          admittedAt: admittedAt(binding, claim),
          claimUid,
          pod: await finder.find(binding, admittedAt(binding, claim), now, signal),
        });
      }
      case 'draining': {
        finder.forget(key);
        const job = jobOf(binding);
        return drainPlan({
          now,
          binding,
          claim: await claimOf(binding, signal),
          ...(await lookAtJob(binding, job, podsOfJobs(binding), now, signal)),
          refusal,
          next: job === undefined ? await nextJob(client, binding, signal) : undefined,
        });
      }
      case 'releasing':
        return releasePlan({
          now,
          binding,
          claim: await claimOf(binding, signal),
          job: jobOf(binding),
          jobPods: podsOfJobs(binding),
        });
      default:
        throw new Error(`no such stage: ${String(stage satisfies never)}`);
    }
  };
}

/** When the Pod was admitted, in ms since the epoch: a binding may have been made anew later. */
function admittedAt(binding: Stored<Binding>, claim: Stored<Claim> | undefined): number {
  return Math.min(createdAt(binding), claim === undefined ? Infinity : createdAt(claim));
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
