import type { ClaimSpec } from './claim.ts';
import type { Condition } from './condition.ts';
import type { JobSpec } from './job.ts';
import type { LabelSelector } from './label-selector.ts';
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
  /** For the claim, beside our own. */
  pvcMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  injection?: InjectionRules;
  /** Which per-Pod annotations count. {@link DEFAULT_OVERRIDES} when absent. */
  overrides?: Override[];
  /** Namespaces whose Pods may name this FluentPVC; all when absent. */
  namespaceSelector?: LabelSelector;
  finalization?: FinalizationRules;
}

/** What becomes of a claim when its Pod is over, as the FluentPVC says it. */
export interface FinalizationRules {
  /** So many finalizer Jobs may fail; then people decide. Without limit when absent. */
  attempts?: number;
  /** `Delete` when absent. */
  onSuccess?: OnSuccess;
  /** `Rescue` when absent. */
  onNamespaceDeletion?: OnNamespaceDeletion;
}

/** The same with what holds where it is silent. */
export interface Finalization extends FinalizationRules {
  onSuccess: OnSuccess;
  onNamespaceDeletion: OnNamespaceDeletion;
}

export const ON_SUCCESS = ['Delete', 'Retain'] as const;
export type OnSuccess = (typeof ON_SUCCESS)[number];

export const ON_NAMESPACE_DELETION = ['Rescue', 'Release'] as const;
export type OnNamespaceDeletion = (typeof ON_NAMESPACE_DELETION)[number];

/** What holds: data is shipped wherever that is possible, and drained claims cost nothing. */
export function finalizationOf({
  finalization = {},
}: {
  finalization?: FinalizationRules;
}): Finalization {
  return { onSuccess: 'Delete', onNamespaceDeletion: 'Rescue', ...finalization };
}

/** What gets mounts and envs, and when a native sidecar starts. */
export interface InjectionRules {
  /** Names of containers; all when absent. */
  containers?: string[];
  /** Names of init containers; all when absent. */
  initContainers?: string[];
  /** Names of native sidecars that start before ours. {@link DEFAULT_AFTER} when absent. */
  after?: string[];
}

/** Meshes: who sends through a proxy must not start before it. */
export const DEFAULT_AFTER: readonly string[] = ['istio-proxy', 'linkerd-proxy'];

/** Names of the annotations by which a Pod asks for something of its own. */
export const OVERRIDES = [
  'storage-size',
  'storage-class-name',
  'sidecar-image',
  'sidecar-resources',
] as const;
export type Override = (typeof OVERRIDES)[number];

/** Sizes only: another class or image would let the author of a Pod choose what others pay for. */
export const DEFAULT_OVERRIDES: readonly Override[] = ['storage-size', 'sidecar-resources'];

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
