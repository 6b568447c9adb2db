const common = {
  image: 'alpine:latest',
  imagePullPolicy: 'Always',
  resources: { limits: { cpu: '1', memory: '1Gi' } },
};

/** The sample of the original operator's README, as it stands there. */
export const originalSample = {
  apiVersion: 'fluent-pvc-operator.tech.zozo.com/v1alpha1',
  kind: 'FluentPVC',
  metadata: { name: 'fluent-pvc-sample' },
  spec: {
    pvcSpecTemplate: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'standard',
      resources: { requests: { storage: '1Gi' } },
    },
    pvcFinalizerJobSpecTemplate: {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'sidecar', ...common, command: ['echo', 'finalizer'] }],
        },
      },
    },
    pvcVolumeName: 'fluent-pvc',
    pvcVolumeMountPath: '/mnt/fluent-pvc',
    sidecarContainerTemplate: { name: 'sidecar', ...common, command: ['echo sidecar'] },
    deletePodIfSidecarContainerTerminationDetected: true,
    commonEnvs: [{ name: 'FLUENT_PVC_MOUNT_DIR', value: '/mnt/fluent-pvc' }],
    commonVolumes: [{ name: 'SOME_SECRET', secret: { secretName: 'some-secret' } }],
    commonVolumeMounts: [{ name: 'SOME_SECRET', mountPath: '/path/to/secret' }],
  },
};
