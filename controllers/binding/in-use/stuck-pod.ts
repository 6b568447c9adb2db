import { annotations } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import type { NodeSight } from './writer-stopped.ts';

/*
 * A Pod that is being deleted and does not go: its kubelet is dead, or cannot end it. Its object is
 * there, so it is in use, whatever its node says: Kubernetes or people take the object away, and
 * only then its node counts (writer-stopped.ts).
 */

/** What a kubelet may take beyond the grace period, which the time of a deletion includes. */
const OVERDUE_MS = 30_000;

/** Nodes are not watched: how often one is looked at while a Pod is stuck on it, in ms. */
export const STUCK_AGAIN_MS = 30_000;

/** How long it is, in ms, until a Pod that is being deleted should be gone; at most 0 when it should. */
export function overdueInMs({ metadata }: Stored<Pod>, now: number): number | undefined {
  const { deletionTimestamp } = metadata;
  return deletionTimestamp === undefined
    ? undefined
    : Date.parse(deletionTimestamp) + OVERDUE_MS - now;
}

/** Why it does not go, and whose turn it is; the reasons are those of a Pod that went. */
export function whyStuck(pod: Stored<Pod>, node: NodeSight): { reason: string; message: string } {
  const { name, uid, deletionTimestamp = '', finalizers = [] } = pod.metadata;
  const on = pod.spec.nodeName ?? '';
  const stuck = `Pod "${name}" should have ended by ${deletionTimestamp} and is still there: node "${on}" is`;
  const soon = 'Kubernetes (its garbage collection of Pods) takes the Pod away soon.';
  if (node.kind !== 'present') return { reason: 'NodeGone', message: `${stuck} gone, and ${soon}` };
  if (node.ready) {
    const kept = finalizers.length === 0 ? '' : ` Finalizers of the Pod: ${finalizers.join(', ')}.`;
    const message = `${stuck} Ready, but has not ended it: look there what keeps its containers.${kept}`;
    return { reason: 'KubeletStopping', message };
  }
  if (node.outOfService) {
    return {
      reason: 'NodeOutOfService',
      message: `${stuck} not Ready and tainted out-of-service, and ${soon}`,
    };
  }
  const message =
    `${stuck} not Ready. Bring the node back; or, once the machine is known to be down, ` +
    `\`kubectl taint nodes ${on} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute\`; or ` +
    `\`kubectl delete pod ${name} --force\`, and set the annotation ${annotations.assumeStopped}: ` +
    `${uid} on this binding.`;
  return { reason: 'NodeNotReady', message };
}
