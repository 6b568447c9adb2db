import type { Binding } from '../../../src/api/binding.ts';
import { labels } from '../../../src/api/names.ts';
import { keyOf, type ObjectKey, type Stored } from '../../../src/api/object.ts';
import { hasEnded, mountsClaim, type Pod } from '../../../src/api/pod.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Cache } from '../../../src/kube/cache.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isMadeAnew } from '../binding-facts.ts';
import { MAY_ARRIVE_MS, type Absence, type PodSight } from './in-use-plan.ts';
import type { NodeMemory } from './node-memory.ts';
import { createNodeFinder } from './node-sight.ts';
import { rememberRemoved } from './removed-pods.ts';
import { overdueInMs } from './stuck-pod.ts';

/** How far the clocks of several API servers, or of one and the operator, may be apart, in ms. */
const CLOCK_SKEW_MS = 10_000;

/**
 * Finds the Pod of a binding: in the cache as long as it runs; read live when it seems to be over,
 * because a watch proves no end (a label taken off a running Pod looks the same).
 */
export interface PodFinder {
  /** `admittedAt`: when the Pod was admitted; both times in ms since the epoch. */
  find(
    binding: Stored<Binding>,
    admittedAt: number,
    now: number,
    signal: AbortSignal,
  ): Promise<PodSight>;
  /** A Pod that is known to be gone, and of which nobody saw the end. */
  vanished(nodeName: string | undefined, now: number, signal: AbortSignal): Promise<PodSight>;
  /** Nothing is remembered of a binding whose Pod is over. */
  forget(key: ObjectKey): void;
}

export function createPodFinder({
  pods,
  bindings,
  client,
  clock,
  nodeMemory,
}: {
  pods: Cache<Pod>;
  bindings: Cache<Binding>;
  client: KubeClient;
  clock: Clock;
  nodeMemory: NodeMemory;
}): PodFinder {
  const removed = rememberRemoved({ pods, bindings, clock });
  /** By binding: up to where a live list has shown that there is no Pod. */
  const absentUpTo = new Map<ObjectKey, string>();
  /** By binding: its Pod, and when a live read has not found it. No Pod comes back. */
  const gone = new Map<ObjectKey, { uid: string; at: number }>();
  const lookAtNode = createNodeFinder({ client, memory: nodeMemory });
  const forget = (key: ObjectKey): void => {
    removed.forget(key);
    absentUpTo.delete(key);
    gone.delete(key);
  };
  bindings.onChange(({ type, object }) => {
    if (type !== 'set') forget(keyOf(object.metadata));
  });

  /** The node of a Pod that should be gone is looked at: it may never take the Pod away. */
  const present = async (
    pod: Stored<Pod>,
    watched: boolean,
    now: number,
    signal: AbortSignal,
  ): Promise<PodSight> => {
    const { nodeName } = pod.spec;
    const isStuck = !hasEnded(pod) && (overdueInMs(pod, now) ?? Infinity) <= 0;
    const stuckOn =
      isStuck && nodeName !== undefined ? { stuckOn: await lookAtNode(nodeName, now, signal) } : {};
    return { kind: 'present', pod, watched, ...stuckOn };
  };

  const absence = async (
    binding: Stored<Binding>,
    admittedAt: number,
    now: number,
    signal: AbortSignal,
  ): Promise<PodSight> => {
    const unseen = (absence: Absence): PodSight => ({ kind: 'unseen', absence });
    if (now - admittedAt < MAY_ARRIVE_MS) return unseen('unproven');
    const seenSince = admittedAt - CLOCK_SKEW_MS;
    const provable =
      // Its Pod may have been seen and forgotten with the binding before.
      !isMadeAnew(binding, admittedAt) &&
      // It may be one of those that were seen and forgotten.
      removed.expiredUpTo < seenSince &&
      pods.unbrokenSince < seenSince;
    const key = keyOf(binding.metadata);
    let upTo = provable ? absentUpTo.get(key) : undefined;
    if (upTo === undefined) {
      const { namespace = '', name } = binding.metadata;
      const labelSelector = `${labels.binding}=${name}`;
      const list = await client.list<Pod>('Pod', { namespace, labelSelector }, { signal });
      const pod = list.items.find((item) => mountsClaim(item, binding.spec.pvc.name));
      if (pod !== undefined) return present(pod, true, now, signal);
      // By the clock that says when it was admitted, not by ours: one that is ahead would take a Pod
      // that is still on its way for one that never was.
      if ((list.servedAt ?? -Infinity) - admittedAt < MAY_ARRIVE_MS) {
        return unseen(provable ? 'unproven' : 'unprovable');
      }
      upTo = list.resourceVersion;
      absentUpTo.set(key, upTo);
    }
    // None of the three comes back.
    if (!provable) return unseen('unprovable');
    return unseen(hasPassed(pods.resourceVersion, upTo) ? 'proven' : 'unproven');
  };

  return {
    async find(binding, admittedAt, now, signal) {
      const key = keyOf(binding.metadata);
      const known = binding.spec.pod;
      const candidates = pods.byIndex(key).filter((pod) => mountsClaim(pod, binding.spec.pvc.name));
      const alive = candidates.find((pod) => !hasEnded(pod));
      if (alive !== undefined) return present(alive, true, now, signal);

      const told = removed.of(key);
      const seen = [...candidates, ...told.map(({ pod }) => pod)].find((pod) =>
        isKnown(pod, known.uid),
      );
      const uid = known.uid === '' ? seen?.metadata.uid : known.uid;
      const name = known.uid === '' ? seen?.metadata.name : known.name;
      if (uid === undefined || name === undefined) return absence(binding, admittedAt, now, signal);

      let missed = gone.get(key);
      if (missed?.uid !== uid) {
        const { namespace } = binding.metadata;
        const live = await client.get<Pod>({ kind: 'Pod', namespace, name }, { signal });
        if (live?.metadata.uid === uid) {
          // What the watch said last was not its end.
          removed.forget(key);
          return present(live, candidates.length > 0, now, signal);
        }
        missed = { uid, at: clock.now() };
        gone.set(key, missed);
      }
      // Its end as the watch told it, or as the cache still shows it.
      const end = told.find(({ pod }) => pod.metadata.uid === uid);
      const final = end?.pod ?? candidates.find((pod) => pod.metadata.uid === uid);
      const readAfterMs = final === undefined ? Infinity : missed.at - (end?.at ?? missed.at);
      const nodeName = final?.spec.nodeName ?? binding.status?.nodeName;
      // What the watch saw of the end says it all, mostly: no need to look at the node.
      const needsNode = final === undefined || (!hasEnded(final) && nodeName !== undefined);
      const node =
        needsNode && nodeName !== undefined
          ? await lookAtNode(nodeName, now, signal)
          : ({ kind: 'unknown' } as const);
      return { kind: 'gone', last: final, readAfterMs, node };
    },
    async vanished(nodeName, now, signal) {
      const node =
        nodeName === undefined
          ? ({ kind: 'unknown' } as const)
          : await lookAtNode(nodeName, now, signal);
      return { kind: 'gone', last: undefined, readAfterMs: Infinity, node };
    },
    forget,
  };
}

function isKnown(pod: Stored<Pod>, uid: string): boolean {
  return uid === '' || pod.metadata.uid === uid;
}

/** resourceVersions of one resource type are comparable as numbers. */
function hasPassed(now: string, then: string): boolean {
  return now !== '' && BigInt(now) >= BigInt(then);
}
