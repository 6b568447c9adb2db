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

const fieldEnv = (name: string, fieldPath: string): object => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});

/** The one in its config/samples, which has other envs, and volume names that Kubernetes allows. */
export const originalConfigSample = {
  ...originalSample,
  spec: {
    ...originalSample.spec,
    commonEnvs: [
      { name: 'FLUENTD_COLLECT_ROOT_DIR', value: '/mnt/fluent-pvc' },
      fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
      fieldEnv('POD_NAME', 'metadata.name'),
      fieldEnv('POD_IP', 'status.podIP'),
      fieldEnv('NODE_NAME', 'spec.nodeName'),
    ],
    commonVolumes: [{ name: 'some-secret', secret: { secretName: 'some-secret' } }],
    commonVolumeMounts: [{ name: 'some-secret', mountPath: '/path/to/secret' }],
  },
};
