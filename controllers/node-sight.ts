import type { KubeObject } from '../src/api/object.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { NodeSight } from './writer-stopped.ts';

/** Nodes are not watched. One look serves all bindings that wait for the same node so long, in ms. */
const LOOK_LASTS_MS = 5_000;
/** Kubelets renew every 10 s and are looked at as often: a gap longer than this is an absence. */
const LEASE_GAP_MS = 25_000;
/** A node that nobody has asked for in this time is forgotten. */
const FORGET_MS = 10 * 60_000;

/** Looks at a node, and remembers its Lease: one that jumps is that of a kubelet that was away. */
export type NodeFinder = (name: string, now: number, signal: AbortSignal) => Promise<NodeSight>;

export function createNodeFinder(client: KubeClient): NodeFinder {
  const looks = new Map<string, { at: number; sight: Promise<NodeSight> }>();

  const look = async (
    name: string,
    before: Promise<NodeSight> | undefined,
    signal: AbortSignal,
  ): Promise<NodeSight> => {
    const sight = await lookAtNode(client, name, signal);
    if (sight.kind !== 'present' || !sight.ready || sight.renewedAt === undefined) return sight;
    const last = await before;
    const { renewedAt = -Infinity, unbrokenSince } = last?.kind === 'present' ? last : {};
    const gap = sight.renewedAt - renewedAt > LEASE_GAP_MS;
    // A process that has just taken over has not seen whether there was a gap.
    return { ...sight, unbrokenSince: gap ? sight.renewedAt : (unbrokenSince ?? sight.renewedAt) };
  };

  return (name, now, signal) => {
    for (const [other, { at }] of looks) if (now - at > FORGET_MS) looks.delete(other);
    const last = looks.get(name);
    if (last !== undefined && now - last.at < LOOK_LASTS_MS) return last.sight;
    const sight = look(name, last?.sight, signal);
    looks.set(name, { at: now, sight });
    sight.catch(() => {
      // Nothing was seen: the next one looks again, and what was seen before still counts.
      if (looks.get(name)?.sight !== sight) return;
      if (last === undefined) looks.delete(name);
      else looks.set(name, last);
    });
    return sight;
  };
}

async function lookAtNode(
  client: KubeClient,
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
  const renewed = lease?.spec?.renewTime;
  return {
    kind: 'present',
    name,
    ready: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    outOfService: taints.some(({ key }) => key === 'node.kubernetes.io/out-of-service'),
    renewedAt: renewed === undefined ? undefined : Date.parse(renewed),
  };
}

interface Node extends KubeObject {
  spec?: { taints?: { key: string }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

interface NodeLease extends KubeObject {
  spec?: { renewTime?: string };
}
