import type { JsonObject, KubeObject, ObjectMeta } from './object.ts';

/** See `kubectl explain pod`. */
export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  nodeName?: string;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  tolerations?: JsonObject[];
  imagePullSecrets?: { name?: string }[];
  securityContext?: { fsGroup?: number; supplementalGroups?: number[] };
  runtimeClassName?: string;
  terminationGracePeriodSeconds?: number;
}

export interface Container {
  name: string;
  env?: EnvVar[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  /** `Always` on an init container makes it a native sidecar. */
  restartPolicy?: string;
}

export interface EnvVar {
  name: string;
  value?: string;
}

export interface VolumeMount {
  name: string;
  mountPath: string;
}

/** A volume as a block device, without a file system. */
export interface VolumeDevice {
  name: string;
  devicePath: string;
}

export interface Volume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
}

export interface PodTemplate {
  metadata?: ObjectMeta;
  spec: PodSpec;
}

export interface PodStatus {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  reason?: string;
  message?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
}

export interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: {
    exitCode: number;
    reason?: string;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
  };
}

/** Status of all containers: init, app and ephemeral ones. */
export function containerStatuses(pod: Pod): ContainerStatus[] {
  const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } = pod.status ?? {};
  return [
    ...(initContainerStatuses ?? []),
    ...(containerStatuses ?? []),
    ...(ephemeralContainerStatuses ?? []),
  ];
}

/**
 * Has the Pod ended for good, with no container left that could write? A terminal phase alone does
 * not say so: an evicted Pod is Failed while its containers still shut down.
 */
export function hasEnded(pod: Pod): boolean {
  const terminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return terminal && containerStatuses(pod).every((status) => status.state?.running === undefined);
}

/** Is the Pod Ready? Disruption budgets count only those that are. */
export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

/** Does one of the Pod's volumes name the claim? */
export function mountsClaim(pod: Pod, claimName: string): boolean {
  return (pod.spec.volumes ?? []).some(
    (volume) => volume.persistentVolumeClaim?.claimName === claimName,
  );
}
