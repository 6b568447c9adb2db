import type { KubeObject } from '../../../src/api/object.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { NodeSight } from './writer-stopped.ts';

/** Nodes are not watched. One look serves all bindings that wait for the same node so long, in ms. */
const LOOK_LASTS_MS = 5_000;
/** What a kubelet says of its Lease where it says nothing else (`nodeLeaseDurationSeconds`). */
const DEFAULT_LEASE_SECONDS = 40;
/** Kubelets renew every quarter of the Lease's time: what is longer than this of it is an absence. */
const GAP_OF_LEASE = 2.5 / 4;
/** But nodes are looked at only every 10 s. */
const LEAST_GAP_MS = 25_000;
/** A node that nobody has asked for in this time is forgotten. */
const FORGET_MS = 10 * 60_000;

/** Looks at a node, and remembers its Lease: one that jumps is that of a kubelet that was away. */
export type NodeFinder = (name: string, now: number, signal: AbortSignal) => Promise<NodeSight>;

/** What is remembered of a node that somebody has asked for. */
interface Watched {
  /** The newest look, and when it was begun; none after one that failed. */
  look: Promise<NodeSight> | undefined;
  at: number;
  /** What was seen last: a look that failed changes nothing of it. */
  seen: NodeSight | undefined;
}

export function createNodeFinder(client: Pick<KubeClient, 'get'>): NodeFinder {
  const nodes = new Map<string, Watched>();

  const look = async (name: string, node: Watched, signal: AbortSignal): Promise<NodeSight> => {
    const sight = await lookAtNode(client, name, signal);
    node.seen = followed(sight, node.seen);
    return node.seen;
  };

  return (name, now, signal) => {
    for (const [other, { at }] of nodes) if (now - at > FORGET_MS) nodes.delete(other);
    const node = nodes.get(name) ?? { look: undefined, at: now, seen: undefined };
    nodes.set(name, node);
    if (node.look !== undefined && now - node.at < LOOK_LASTS_MS) return node.look;
    const mine = look(name, node, signal);
    Object.assign(node, { look: mine, at: now });
    mine.catch(() => {
      // Nothing was seen: the next one looks again. A newer look is not its business.
      if (node.look === mine) node.look = undefined;
    });
    return mine;
  };
}

/** The sight with what the one before it adds: since when the Lease is renewed without a gap. */
function followed(sight: NodeSight, before: NodeSight | undefined): NodeSight {
  if (sight.kind !== 'present' || !sight.ready || sight.renewedAt === undefined) return sight;
  const { renewedAt = -Infinity, unbrokenSince } = before?.kind === 'present' ? before : {};
  const gap = sight.renewedAt - renewedAt > sight.unnoticedMs - LOOK_LASTS_MS;
  // A process that has just taken over has not seen whether there was a gap.
  return { ...sight, unbrokenSince: gap ? sight.renewedAt : (unbrokenSince ?? sight.renewedAt) };
}

async function lookAtNode(
  client: Pick<KubeClient, 'get'>,
  name: string,
  signal: AbortSignal,
): Promise<NodeSight> {
  const leaseRef = { kind: 'Lease', namespace: 'kube-node-lease', name } as const;
  const [node, lease] = await Promise.all([
    client.get<Node>({ kind: 'Node', name }, { signal }),
    client.get<NodeLease>(leaseRef, { signal }),
  ]);
  if (node === undefined) return { kind: 'gone', name };
  const { taints = [] } = node.spec ?? {};
  const { conditions = [] } = node.status ?? {};
  const { renewTime, leaseDurationSeconds = DEFAULT_LEASE_SECONDS } = lease?.spec ?? {};
  const gapMs = Math.max(leaseDurationSeconds * 1000 * GAP_OF_LEASE, LEAST_GAP_MS);
  return {
    kind: 'present',
    name,
    ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    outOfService: taints.some(({ key }) => key === 'node.kubernetes.io/out-of-service'),
    renewedAt: renewTime === undefined ? undefined : Date.parse(renewTime),
    unnoticedMs: gapMs + LOOK_LASTS_MS,
  };
}

interface Node extends KubeObject {
  spec?: { taints?: { key: string }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

interface NodeLease extends KubeObject {
  spec?: { renewTime?: string; leaseDurationSeconds?: number };
}
