import type { Condition } from './condition.ts';
import type { Finalization, PodDeletionTrigger, SidecarMode } from './fluentpvc.ts';
import type { JobSpec } from './job.ts';
import type { Identity, JsonObject, KubeObject } from './object.ts';
import type { EnvVar, Volume, VolumeMount } from './pod.ts';

/** The record of one admission: which Pod got which claim, and how the claim will be drained. */
export interface Binding extends KubeObject {
  kind: 'FluentPVCBinding';
  spec: BindingSpec;
  status?: BindingStatus;
}

/** Field by field described in `binding-schema.ts`, which `kubectl explain fpvcb.spec` shows. */
export interface BindingSpec {
  fluentPVC: Identity;
  pod: Identity;
  pvc: Identity;
  sidecar?: SidecarRecord;
  /** Of the Pod: how long its containers may take to end. */
  terminationGracePeriodSeconds?: number;
  /** Absent in bindings that are older than this field: read it by `finalizationOf`. */
  finalization?: Finalization;
  /** Only where the claim that the Pod wrote to is gone, or goes, before it was drained. */
  rescue?: RescueRecord;
  /** JSON of a {@link Snapshot}. The cache of the controllers drops it. */
  snapshot?: string;
}

/** What the pod controller must know of the sidecar. */
export interface SidecarRecord {
  name: string;
  mode: SidecarMode;
  podDeletionTrigger: PodDeletionTrigger | 'Never';
}

/**
 * The volume that is drained by another claim than the one that the Pod wrote to: in this namespace,
 * or, where the Pod's namespace is gone, in another one.
 */
export interface RescueRecord {
  /** Of the Pod and of the claim that it wrote to. */
  namespace: string;
  /** The claim that the Pod wrote to. */
  pvc: Identity;
  /** Name of the PersistentVolume. */
  volumeName: string;
  /** Was the Pod known to be over when the rescue began? */
  podOver: boolean;
  /** Where the Pod ran, as far as that was known. */
  nodeName?: string;
}

export interface BindingStatus {
  phase?: BindingPhase;
  conditions?: Condition[];
  /** Where the Pod was first seen to run. */
  nodeName?: string;
  /** Name of the PersistentVolume that the claim was bound to, as first seen. */
  volumeName?: string;
  /** The Lease of that node when the Pod was missed, by the node's clock; RFC 3339. */
  nodeRenewTime?: string;
  /** Of the Pod's deletion, where that gives its containers longer than the Pod says. */
  deletionGracePeriodSeconds?: number;
  /** Finalizer Jobs that failed so far. */
  attempts?: number;
  /** When the next finalizer Job is due; RFC 3339. Absent unless one failed. */
  nextAttemptTime?: string;
  /** Uid of the finalizer Job that the conditions speak of. */
  jobUID?: string;
  /** Value of the annotation `retry` that the last finalizer Job was made for. */
  observedRetry?: string;
}

/**
 * What a drain needs, as it was when the Pod was created: the FluentPVC may change or go while the
 * Pod runs.
 */
export interface Snapshot {
  jobSpecTemplate: JobSpec;
  volumeName: string;
  mountPath: string;
  commonEnvs: EnvVar[];
  commonVolumes: Volume[];
  commonVolumeMounts: VolumeMount[];
  /** From the Pod: what the Job gets where its template is silent. */
  pod: {
    tolerations?: JsonObject[];
    imagePullSecrets?: { name?: string }[];
    securityContext?: { fsGroup?: number; supplementalGroups?: number[] };
    runtimeClassName?: string;
  };
}

/** Larger ones are denied: etcd takes 1.5 MB an object, and there is one binding a Pod. */
export const MAX_SNAPSHOT_LENGTH = 65_536;

/**
 * Where a binding stands; printed by `kubectl get fpvcb`. All but `Pending` are also the names of
 * conditions, as in the original.
 */
export type BindingPhase =
  | 'Pending'
  | 'Ready'
  | 'OutOfUse'
  | 'FinalizerJobApplied'
  | 'FinalizerJobSucceeded'
  | 'FinalizerJobFailed'
  | 'Unknown'
  | 'PodMissing';

/** Conditions that are no phases. */
export type BindingNotice =
  /** The Pod is gone, and its containers may go on writing. */
  | 'WriterMayBeAlive'
  /** The drain does not get under way; the message says what stands in the way. */
  | 'DrainStalled'
  /** Somebody gave the data up: by the annotation `release`, or by `onNamespaceDeletion: Release`. */
  | 'DataGivenUp'
  /** The claim goes, or is gone, and its volume is drained by another one. */
  | 'Rescued';

export type BindingConditionType = Exclude<BindingPhase, 'Pending'> | BindingNotice;
