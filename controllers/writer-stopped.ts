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
    };

/** The kubelet stops what has no Pod any more within seconds; a Lease later than this saw it. */
const KUBELET_CLEANS_MS = 15_000;
/** For a Pod whose node was never learned. */
const NO_NODE_MS = 60_000;
/** Nodes are not watched: how often one is looked at while it keeps a claim waiting. */
const NODE_AGAIN_MS = 10_000;

/** Stopped or not, why, and when to look again. */
export type WriterVerdict =
  | { stopped: true; reason: string; message: string }
  | { stopped: false; reason: string; message: string; againMs: number };

/**
 * Do the containers of a Pod that went while they ran still run? A force delete and the garbage
 * collection of Pods take only the object: the writer goes on for seconds, or without limit on a
 * dead node. `goneAt` is when the Pod was first missed, in ms since the epoch. Pure.
 */
export function writerStopped(node: NodeSight, goneAt: number, now: number): WriterVerdict {
  if (node.kind === 'gone') {
    return { stopped: true, reason: 'NodeGone', message: `node "${node.name}" is gone too` };
  }
  if (node.kind === 'unknown') {
    const restMs = goneAt + NO_NODE_MS - now;
    const message = 'its node was never learned';
    return restMs <= 0
      ? { stopped: true, reason: 'NodeUnknown', message: `${message}; waited for 60 s` }
      : { stopped: false, reason: 'NodeUnknown', message, againMs: restMs };
  }
  if (node.outOfService) {
    const message = `node "${node.name}" is tainted out-of-service`;
    return { stopped: true, reason: 'NodeOutOfService', message };
  }
  if (!node.ready) {
    const message = `node "${node.name}" is not Ready: bring it back, or taint it out-of-service`;
    return { stopped: false, reason: 'NodeNotReady', message, againMs: NODE_AGAIN_MS };
  }
  if (node.renewedAt !== undefined && node.renewedAt > goneAt + KUBELET_CLEANS_MS) {
    const message = `the kubelet of node "${node.name}" has stopped its containers`;
    return { stopped: true, reason: 'KubeletAlive', message };
  }
  const message = `the kubelet of node "${node.name}" is stopping its containers`;
  return { stopped: false, reason: 'KubeletStopping', message, againMs: NODE_AGAIN_MS };
}
