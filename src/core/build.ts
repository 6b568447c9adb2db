import type { Binding, Snapshot } from '../api/binding.ts';
import type { Claim } from '../api/claim.ts';
import {
  finalizationOf,
  podDeletionTrigger,
  type FluentPVC,
  type FluentPVCSpec,
  type OperatorDefaults,
} from '../api/fluentpvc.ts';
import { annotations, API_VERSION, finalizers, labels } from '../api/names.ts';
import type { JsonObject, ObjectMeta, Stored } from '../api/object.ts';
import type { Pod, PodSpec } from '../api/pod.ts';
import type { Injection } from './inject.ts';

/** Which admission an object comes from. */
export interface Admission {
  /** Name of claim, binding and Job (`admissionName`). */
  name: string;
  namespace: string;
  /** Uid of the admission request. */
  id: string;
}

/** What claim and binding of an admission have in common. */
function metadata(admission: Admission, fluentPVC: Stored<FluentPVC>): ObjectMeta {
  return {
    name: admission.name,
    namespace: admission.namespace,
    labels: {
      [labels.fluentPVC]: fluentPVC.metadata.name,
      [labels.binding]: admission.name,
    },
    annotations: { [annotations.admissionId]: admission.id },
  };
}

/** The claim of a Pod. It has no owner: garbage collection must never take data. */
export function buildClaim(admission: Admission, fluentPVC: Stored<FluentPVC>): Claim {
  const own = metadata(admission, fluentPVC);
  const { pvcMetadata = {} } = fluentPVC.spec;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...own,
      // Ours hold where both have a key.
      labels: { ...pvcMetadata.labels, ...own.labels },
      annotations: { ...pvcMetadata.annotations, ...own.annotations },
      finalizers: [finalizers.claim],
    },
    spec: fluentPVC.spec.pvcSpecTemplate,
  };
}

/** The binding of a Pod that is about to be stored: Pod uid and claim uid are not known yet. */
export function buildBinding(
  admission: Admission,
  fluentPVC: Stored<FluentPVC>,
  pod: Pod,
  defaults: OperatorDefaults,
  snapshot = buildSnapshot(fluentPVC.spec, pod.spec),
): Binding {
  const { name, uid } = fluentPVC.metadata;
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: {
      ...metadata(admission, fluentPVC),
      finalizers: [finalizers.binding],
      ownerReferences: [
        { apiVersion: API_VERSION, kind: 'FluentPVC', name, uid, controller: true },
      ],
    },
    spec: {
      fluentPVC: { name, uid },
      // Empty for a Pod with generateName: the controllers learn it with the uid.
      pod: { name: pod.metadata.name ?? '', uid: '' },
      pvc: { name: admission.name, uid: '' },
      sidecar: {
        name: fluentPVC.spec.sidecarContainerTemplate.name,
        mode: fluentPVC.spec.sidecarMode ?? defaults.sidecarMode,
        podDeletionTrigger: podDeletionTrigger(fluentPVC.spec, defaults),
      },
      ...(Number.isSafeInteger(pod.spec.terminationGracePeriodSeconds)
        ? { terminationGracePeriodSeconds: pod.spec.terminationGracePeriodSeconds }
        : {}),
      finalization: finalizationOf(fluentPVC.spec),
      snapshot: JSON.stringify(snapshot),
    },
  };
}

/**
 * The binding of a Pod that the original operator injected, taken over at that time (RFC 3339): its
 * sidecar is a container like any other, whatever the FluentPVC asks for now.
 */
export function buildTakenOverBinding(
  at: string,
  ...parts: Parameters<typeof buildBinding>
): Binding {
  const binding = buildBinding(...parts);
  const { metadata, spec } = binding;
  return {
    ...binding,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [annotations.takenOver]: at },
    },
    spec: {
      ...spec,
      ...(spec.sidecar === undefined ? {} : { sidecar: { ...spec.sidecar, mode: 'Regular' } }),
    },
  };
}

/** Claim, common volumes, mounts and envs: the same for the Pod and for the finalizer Job. */
export function buildInjection(
  from: Pick<
    Snapshot,
    'volumeName' | 'mountPath' | 'commonEnvs' | 'commonVolumes' | 'commonVolumeMounts'
  >,
  claimName: string,
): Injection {
  return {
    volumes: [
      ...from.commonVolumes,
      { name: from.volumeName, persistentVolumeClaim: { claimName } },
    ],
    mounts: [...from.commonVolumeMounts, { name: from.volumeName, mountPath: from.mountPath }],
    envs: from.commonEnvs,
  };
}

export function buildSnapshot(spec: FluentPVCSpec, pod: PodSpec): Snapshot {
  const { fsGroup, supplementalGroups } = pod.securityContext ?? {};
  return {
    jobSpecTemplate: spec.pvcFinalizerJobSpecTemplate,
    volumeName: spec.pvcVolumeName,
    mountPath: spec.pvcVolumeMountPath,
    commonEnvs: spec.commonEnvs ?? [],
    commonVolumes: spec.commonVolumes ?? [],
    commonVolumeMounts: spec.commonVolumeMounts ?? [],
    pod: {
      ...(pod.tolerations == null ? {} : { tolerations: pod.tolerations.map(exact) }),
      ...(pod.imagePullSecrets === undefined ? {} : { imagePullSecrets: pod.imagePullSecrets }),
      ...(pod.runtimeClassName === undefined ? {} : { runtimeClassName: pod.runtimeClassName }),
      ...(fsGroup === undefined && supplementalGroups === undefined
        ? {}
        : {
            securityContext: {
              ...(fsGroup === undefined ? {} : { fsGroup }),
              ...(supplementalGroups === undefined ? {} : { supplementalGroups }),
            },
          }),
    },
  };
}

/**
 * JSON.parse rounds integers above 2^53, and the API takes none above 2^63: a toleration for longer
 * than any age is one for ever, which is one without a time.
 */
function exact(toleration: JsonObject): JsonObject {
  const { tolerationSeconds, ...rest } = toleration;
  return Number.isSafeInteger(tolerationSeconds) ? toleration : rest;
}
