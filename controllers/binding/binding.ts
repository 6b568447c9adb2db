import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { OperatorDefaults } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { labels } from '../../src/api/names.ts';
import { createdAt, isOwnedBy, keyOf, type ObjectKey, type Stored } from '../../src/api/object.ts';
import { mountsClaim, type Pod } from '../../src/api/pod.ts';
import type { Clock } from '../../src/clock.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { CreateRefusal } from '../../src/kube/create-refusal.ts';
import { claimRef, stageOf } from './binding-facts.ts';
import { bindingKeyBy, type Caches } from '../caches.ts';
import { claimIdentity } from './claim-identity.ts';
import { claimTrouble } from './claim-trouble.ts';
import { courseOf } from './drain/course.ts';
import { createJobObserver, type JobSight } from './drain/drain-observer.ts';
import { drainPlan } from './drain/drain-plan.ts';
import { withFirstJob } from './drain/first-job.ts';
import { hasProvenEnd, inUsePlan } from './in-use/in-use-plan.ts';
import { createLeaveObserver } from './rescue/leave-observer.ts';
import { isInUse, leavePlan } from './rescue/leave-plan.ts';
import { nextJob } from './drain/next-job.ts';
import { createOrphanDecider } from './orphan.ts';
import { isUnused } from './orphan-plan.ts';
import type { NodeMemory } from './in-use/node-memory.ts';
import { createPodFinder } from './in-use/pod-sight.ts';
import { releasePlan } from './release-plan.ts';
import type { VolumeSight } from './rescue/rescue-begin.ts';
import { rescuePlan } from './rescue/rescue-plan.ts';

/**
 * The life of a binding and of all that belongs to it: claim, finalizer Job, the Job's Pods.
 *
 *     inUse ──(the Pod is over)──> draining ──(a finalizer Job succeeded)──> releasing ──> gone
 *       │                             │                                          ^
 *       └────(the Pod never existed, proven)─────────────────────────────────────┘
 *       └─────────────────────────────┴──(its namespace goes)──> goes on in the rescue namespace
 *
 * Each stage has its plan in a file of its own, with its diagram. The stage is read from the
 * recorded conditions; this file makes the observation that the plan of the stage needs.
 */
export function createBindingDecider(options: {
  caches: Caches;
  client: KubeClient;
  clock: Clock;
  nodeMemory: NodeMemory;
  defaults: OperatorDefaults;
  /** Where volumes of namespaces that go are drained; `undefined`: nowhere. */
  rescueNamespace: string | undefined;
}): (key: ObjectKey, signal: AbortSignal, refusal?: CreateRefusal) => Promise<Plan> {
  const { caches, client, clock, nodeMemory, rescueNamespace } = options;
  const finder = createPodFinder({ ...caches, client, clock, nodeMemory });
  const lookAtJob = createJobObserver(client);
  // One by one: whoever starts us hands more around, and names of its own.
  const { namespaces } = caches;
  const leave = createLeaveObserver({ client, namespaces, rescueNamespace });
  const orphan = createOrphanDecider({ ...options, leave });

  /**
   * A claim that the cache does not have, or has without a volume, may only be late. One that was never
   * used is nobody's.
   */
  const claimOf = async (
    binding: Stored<Binding>,
    signal: AbortSignal,
  ): Promise<Stored<Claim> | undefined> => {
    const cached = caches.claims.get(keyOf(binding.metadata));
    const claim =
      cached?.spec.volumeName === undefined
        ? await client.get<Claim>(claimRef(binding), { signal })
        : cached;
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

  const inUse = async (
    key: ObjectKey,
    binding: Stored<Binding>,
    now: number,
    refusal: CreateRefusal | undefined,
    signal: AbortSignal,
  ): Promise<Plan> => {
    const cached = caches.claims.get(key);
    const identity = claimIdentity(cached, binding);
    const claim = identity.is === 'ours' ? identity.claim : undefined;
    const admittedAt = Math.min(
      createdAt(binding),
      cached === undefined ? Infinity : createdAt(cached),
    );
    const { rescue } = binding.spec;
    const pod =
      rescue === undefined
        ? await finder.find(binding, admittedAt, now, signal)
        : await finder.vanished(rescue.nodeName, now, signal);
    const namespace = await leave.leaving(binding.metadata.namespace ?? '', signal);
    if (namespace !== undefined && pod.kind !== 'present' && !hasProvenEnd(pod)) {
      // It may take long until its containers are known to have stopped, and can be waited for elsewhere.
      const nodeName = binding.status?.nodeName ?? rescue?.nodeName;
      const facts = { now, namespace, podOver: false, nodeName, refusal };
      const leaving = await leave.observe(binding, facts, signal);
      if (leaving !== undefined && !isInUse(leaving.claim)) return leavePlan(leaving);
    }
    const { metadata, spec } = claim ?? {};
    const known = { claimUid: metadata?.uid, volumeName: spec?.volumeName };
    const plan = inUsePlan({ now, binding, admittedAt, ...known, pod });
    const job = caches.jobs.get(key);
    const jobPods = caches.jobPods.byIndex(key);
    const facts = { binding, claim, job, jobPods, namespaceGoes: namespace !== undefined };
    return withFirstJob(client, plan, facts, signal);
  };

  const draining = async (
    binding: Stored<Binding>,
    now: number,
    refusal: CreateRefusal | undefined,
    signal: AbortSignal,
  ): Promise<Plan> => {
    const job = jobOf(binding);
    const namespace = await leave.leaving(binding.metadata.namespace ?? '', signal);
    const claim = await claimOf(binding, signal);
    const volume = (): Promise<VolumeSight> => leave.volumeOf(binding, claim, signal);
    const atJob = (): Promise<JobSight> =>
      lookAtJob(binding, job, podsOfJobs(binding), now, signal);
    const course = courseOf({ binding, claim, job, namespace });
    switch (course.is) {
      case 'leave': {
        const facts = { now, podOver: true, nodeName: undefined, refusal };
        const goes = { ...facts, namespace: course.namespace };
        const leaving = await leave.observe(binding, goes, signal);
        return leaving === undefined ? CHANGED : leavePlan(leaving);
      }
      case 'rescue': {
        const facts = { now, binding: course.binding, claim, refusal };
        return rescuePlan({ ...facts, volume: await volume(), ...(await atJob()) });
      }
      case 'drain': {
        const isTroubled = claimTrouble(claim, binding) !== undefined;
        return drainPlan({
          now,
          binding,
          claim,
          volume: isTroubled ? await volume() : 'unseen',
          ...(await atJob()),
          refusal,
          next: job === undefined ? await nextJob(client, binding, signal) : undefined,
        });
      }
      default:
        throw new Error(`no such course: ${JSON.stringify(course satisfies never)}`);
    }
  };

  return async (key, signal, refusal) => {
    const now = clock.now();
    const binding = caches.bindings.get(key);
    if (binding === undefined) return orphan(key, now, refusal, signal);
    const stage = stageOf(binding);
    switch (stage) {
      case 'inUse':
        return inUse(key, binding, now, refusal, signal);
      case 'draining':
        finder.forget(key);
        return draining(binding, now, refusal, signal);
      case 'releasing': {
        const claim = await claimOf(binding, signal);
        return releasePlan({
          now,
          binding,
          claim,
          volume:
            binding.spec.rescue === undefined
              ? 'absent'
              : await leave.volumeOf(binding, claim, signal),
          pods: caches.pods.byIndex(key).filter((pod) => mountsClaim(pod, binding.spec.pvc.name)),
          job: jobOf(binding),
          jobPods: podsOfJobs(binding),
        });
      }
      default:
        throw new Error(`no such stage: ${String(stage satisfies never)}`);
    }
  };
}

const CHANGED: Plan = { writes: [], reason: 'the binding changed meanwhile' };

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
