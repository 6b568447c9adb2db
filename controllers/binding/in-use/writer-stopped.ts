import type { Binding } from '../../../src/api/binding.ts';
import type { Pod } from '../../../src/api/pod.ts';

/** What a node says about containers that ran on it. */
export type NodeSight =
  | { kind: 'unknown' }
  | { kind: 'gone'; name: string }
  | {
      kind: 'present';
      name: string;
      ready: boolean;
      outOfService: boolean;
      /** When its Lease was renewed last, in ms since the epoch. */
      renewedAt: number | undefined;
      /**
       * The oldest renewal since which we have seen the Lease renewed without a gap, and the node
       * Ready; by the node's clock. Absent for a node that is not.
       */
      unbrokenSince?: number;
      /**
       * For so long, in ms, the kubelet may have been away from `renewedAt` on without anybody
       * noticing: the longest gap between two renewals that is no absence, and the age of the look.
       */
      unnoticedMs: number;
    };

/**
 * A kubelet that finds the Pod of its containers gone ends them as the Pod said: with TERM, and with
 * KILL when its grace period is over. It learns of it within seconds.
 */
const KUBELET_LEARNS_MS = 15_000;
/**
 * But not after an outage of the API server: its watch of Pods is tried again only after up to 30 s,
 * twice that with jitter, while its Lease is renewed already (seen: 23 lines of a log were lost).
 */
const KUBELET_BLIND_MS = 60_000;
const LEAST_GRACE_MS = 15_000;
/** For a Pod whose node was never learned. */
const NO_NODE_MS = 60_000;
/**
 * Nodes are not watched: how often one is looked at while it keeps a claim waiting. Who takes over after
 * a crash goes on with the wait only if the Lease was renewed not long after the last look.
 */
const NODE_AGAIN_MS = 5_000;
const DEAD_NODE_AGAIN_MS = 30_000;

/** What is known of a Pod that went while its containers ran. All times in ms since the epoch. */
export interface VanishedPod {
  node: NodeSight;
  /** When it was first missed, by our clock. */
  goneAt: number;
  /** The node's Lease as it was then, by the node's clock; `undefined` where there was none. */
  renewedAtFirst: number | undefined;
  /** How long the containers may take to end ({@link graceMsOf}), in ms. */
  graceMs: number;
}

/** Stopped or not, why, and when to look again. */
export type WriterVerdict =
  | { stopped: true; reason: string; message: string }
  | { stopped: false; reason: string; message: string; againMs: number };

/**
 * Do the containers of a Pod that went while they ran still run? A force delete and the garbage
 * collection of Pods take only the object: the writer goes on for its grace period, or without limit
 * on a dead node. Clocks are never compared with each other: a Lease only with the same node's. Pure.
 */
export function writerStopped(pod: VanishedPod, now: number): WriterVerdict {
  const { node, goneAt, renewedAtFirst, graceMs } = pod;
  if (node.kind === 'gone') {
    return { stopped: true, reason: 'NodeGone', message: `node "${node.name}" is gone too` };
  }
  if (node.kind === 'unknown') {
    const restMs = goneAt + Math.max(NO_NODE_MS, graceMs + KUBELET_LEARNS_MS) - now;
    const message = 'its node was never learned';
    return restMs <= 0
      ? { stopped: true, reason: 'NodeUnknown', message: `${message}; waited in case` }
      : { stopped: false, reason: 'NodeUnknown', message, againMs: restMs };
  }
  // The taint alone proves nothing: containers run on a Ready node that somebody has tainted for
  // maintenance, or left tainted. Kubernetes' own garbage collection of Pods asks for both, too.
  if (node.outOfService && !node.ready) {
    const message = `node "${node.name}" is not Ready and tainted out-of-service`;
    return { stopped: true, reason: 'NodeOutOfService', message };
  }
  if (!node.ready) {
    const message = `node "${node.name}" is not Ready: bring it back, or taint it out-of-service`;
    return { stopped: false, reason: 'NodeNotReady', message, againMs: DEAD_NODE_AGAIN_MS };
  }
  if (node.renewedAt === undefined) {
    const message =
      `node "${node.name}" is Ready and has no Lease in namespace kube-node-lease, so nobody hears ` +
      `whether its kubelet has stopped them: look there`;
    return { stopped: false, reason: 'NodeWithoutLease', message, againMs: DEAD_NODE_AGAIN_MS };
  }
  // The count starts at the last renewal before the Pod was missed, not when the kubelet learns it.
  const enoughMs =
    Math.max(LEAST_GRACE_MS, graceMs) + KUBELET_LEARNS_MS + KUBELET_BLIND_MS + node.unnoticedMs;
  if (node.renewedAt - (renewedAtFirst ?? Infinity) >= enoughMs) {
    const message = `the kubelet of node "${node.name}" has stopped its containers`;
    return { stopped: true, reason: 'KubeletAlive', message };
  }
  const message = `the kubelet of node "${node.name}" is stopping its containers`;
  return { stopped: false, reason: 'KubeletStopping', message, againMs: NODE_AGAIN_MS };
}

/** Kubernetes' own default. */
const DEFAULT_GRACE_SECONDS = 30;

/**
 * How long the containers may take to end, in ms: the longest that anybody has said. What the last
 * words of a Pod say of its deletion may be 0: a force delete writes that over what was said before,
 * and the kubelet may not have read it.
 */
export function graceMsOf(binding: Binding, last: Pod | undefined): number {
  const own = [
    last?.spec.terminationGracePeriodSeconds,
    binding.spec.terminationGracePeriodSeconds,
  ].filter((seconds) => seconds !== undefined);
  const deletions = [
    last?.metadata.deletionGracePeriodSeconds ?? 0,
    binding.status?.deletionGracePeriodSeconds ?? 0,
  ];
  return Math.max(...(own.length > 0 ? own : [DEFAULT_GRACE_SECONDS]), ...deletions) * 1000;
}
