import type { ClaimSpec } from './claim.ts';
import type { Condition } from './condition.ts';
import type { JobSpec } from './job.ts';
import type { KubeObject } from './object.ts';
import type { Container, EnvVar, Volume, VolumeMount } from './pod.ts';

/** What Pods of one kind get: a claim of their own, a sidecar, and a Job that drains the claim. */
export interface FluentPVC extends KubeObject {
  kind: 'FluentPVC';
  spec: FluentPVCSpec;
  status?: { conditions?: Condition[] };
}

/** Field by field described in `fluentpvc-schema.ts`, which `kubectl explain fluentpvc` shows. */
export interface FluentPVCSpec {
  pvcSpecTemplate: ClaimSpec;
  pvcVolumeName: string;
  pvcVolumeMountPath: string;
  pvcFinalizerJobSpecTemplate: JobSpec;
  sidecarContainerTemplate: Container;
  commonEnvs?: EnvVar[];
  commonVolumes?: Volume[];
  commonVolumeMounts?: VolumeMount[];
  deletePodIfSidecarContainerTerminationDetected?: boolean;
  podDeletionTrigger?: PodDeletionTrigger;
  sidecarMode?: SidecarMode;
}

export const POD_DELETION_TRIGGERS = ['SidecarFailure', 'SidecarTermination'] as const;
export type PodDeletionTrigger = (typeof POD_DELETION_TRIGGERS)[number];

export const SIDECAR_MODES = ['Native', 'Regular'] as const;
export type SidecarMode = (typeof SIDECAR_MODES)[number];

/** What a FluentPVC that is silent gets; settable for the whole operator. */
export interface OperatorDefaults {
  podDeletionTrigger: PodDeletionTrigger;
  sidecarMode: SidecarMode;
}

/** When a Pod is deleted because of its sidecar: `Never`, or on a trigger. */
export function podDeletionTrigger(
  spec: FluentPVCSpec,
  defaults: OperatorDefaults,
): PodDeletionTrigger | 'Never' {
  if (spec.deletePodIfSidecarContainerTerminationDetected === false) return 'Never';
  return spec.podDeletionTrigger ?? defaults.podDeletionTrigger;
}
