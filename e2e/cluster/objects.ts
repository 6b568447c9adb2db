/** An object of the API and where it is applied. */
export interface ClusterObject {
  readonly path: string;
  readonly object: object;
}

/** The default StorageClass: folders made by the controller-manager itself. */
export const storageClass: ClusterObject = {
  path: '/apis/storage.k8s.io/v1/storageclasses/standard',
  object: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'standard',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubernetes.io/host-path',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
  },
};

/** A Node that kwok's stages bring to life; large, so that Pods never wait for room. */
export function simulatedNode(index: number): ClusterObject {
  const name = `kwok-${index}`;
  return {
    path: `/api/v1/nodes/${name}`,
    object: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', type: 'kwok' },
        annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
      },
    },
  };
}
