import { rfc3339 } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../src/api/pod.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { NAMESPACE } from './shapes.ts';

/*
 * Pods that run as far as anybody is told, without scheduler, volume controller and kubelet, which take an
 * hour for 10,000 of them. They look alike, but for who is said to have written what.
 */

/** Of the volume controller and its provisioner. */
const CLAIM_ANNOTATIONS = {
  'pv.kubernetes.io/bind-completed': 'yes',
  'pv.kubernetes.io/bound-by-controller': 'yes',
  'volume.beta.kubernetes.io/storage-provisioner': 'kubernetes.io/host-path',
  'volume.kubernetes.io/storage-provisioner': 'kubernetes.io/host-path',
};
const NODES = 100;

/** Makes a Pod that the operator's webhook is asked about, gives its claim a volume, and lets it run. */
export async function createRunning(client: KubeClient, asked: Pod, index: number): Promise<void> {
  const spec = { ...asked.spec, nodeName: `node-${index % NODES}` };
  const pod = await client.create<Pod>({ ...asked, spec });
  const say = (kind: 'Pod' | 'PersistentVolumeClaim', name: string, status: object) =>
    client.patch(
      { kind, namespace: NAMESPACE, name },
      { type: 'merge', subresource: 'status', body: { status } },
    );
  const claim = pod.metadata.labels?.[labels.binding];
  if (claim === undefined) throw new Error(`Pod "${pod.metadata.name}" was not injected`);
  const bound = { annotations: CLAIM_ANNOTATIONS };
  await client.patch(
    { kind: 'PersistentVolumeClaim', namespace: NAMESPACE, name: claim },
    { type: 'merge', body: { metadata: bound, spec: { volumeName: `pvc-${pod.metadata.uid}` } } },
  );
  await say('PersistentVolumeClaim', claim, { phase: 'Bound', capacity: { storage: '10Mi' } });
  await say('Pod', pod.metadata.name, runningStatus(pod));
}

const ID = `containerd://${'0123456789abcdef'.repeat(4)}`;

function runningStatus({ spec }: Pod): PodStatus & { startTime: string } {
  const now = rfc3339(Date.now());
  const running = ({ name, ...container }: Container & { image?: string }): ContainerStatus => ({
    name,
    restartCount: 0,
    state: { running: { startedAt: now } },
    // What the operator does not read, and is sent all the same.
    ...{ image: container.image, imageID: ID, containerID: ID, ready: true, started: true },
  });
  return {
    phase: 'Running',
    startTime: now,
    ...{ hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.1' }] },
    ...{ podIP: '10.1.0.1', podIPs: [{ ip: '10.1.0.1' }] },
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    })),
    containerStatuses: spec.containers.map(running),
    initContainerStatuses: (spec.initContainers ?? []).map(running),
  };
}
