import type { Binding, RescueRecord } from '../api/binding.ts';
import type { Claim } from '../api/claim.ts';
import { annotations, API_VERSION, finalizers, labels } from '../api/names.ts';
import type { JsonObject, Stored } from '../api/object.ts';
import type { Volume } from '../api/volume.ts';
import type { PatchWrite } from './plan.ts';

/*
 * The objects and patches of a rescue (docs/rescue.md): a volume whose claim, or whose namespace, was
 * deleted before it was drained changes over to another claim. At every step it names a claim that
 * nobody else can have: a volume that is free is taken by any stranger's claim.
 */

/** A binding that has a volume to drain which came to it by a rescue. */
export type RescueBinding = Stored<Binding> & { spec: { rescue: RescueRecord } };

/** Has the binding a volume to drain which came to it by a rescue? */
export function isRescue(binding: Stored<Binding>): binding is RescueBinding {
  return binding.spec.rescue !== undefined;
}

/** Is the volume rescued by that binding: marked, and safe from the deletion of its claim? */
export function isKept(
  volume: Stored<Volume>,
  { metadata }: { metadata: { name: string } },
): boolean {
  return (
    volume.metadata.labels?.[labels.binding] === metadata.name &&
    volume.spec.persistentVolumeReclaimPolicy === 'Retain'
  );
}

/** Does the volume name a claim of this rescue? Names of different admissions differ. */
export function isForUs(volume: Stored<Volume>, binding: RescueBinding): boolean {
  const { namespace, pvc } = binding.spec.rescue;
  const { claimRef: user } = volume.spec;
  const isOld = user?.namespace === namespace && user.name === pvc.name;
  return isOld || isForNew(volume, binding);
}

/** Does it name the one that takes it over? In place, the old one has the same name. */
export function isForNew(
  { spec }: Stored<Volume>,
  { metadata, spec: { pvc } }: RescueBinding,
): boolean {
  return spec.claimRef?.namespace === metadata.namespace && spec.claimRef?.name === pvc.name;
}

/** From now on the volume stays when its claim goes, and says which binding drains it. */
export function keepVolume(
  volume: Stored<Volume>,
  binding: { metadata: { name: string } },
): PatchWrite {
  const { persistentVolumeReclaimPolicy: policy = 'Retain' } = volume.spec;
  const known = volume.metadata.annotations?.[annotations.reclaimPolicy];
  return patchOf(volume, {
    metadata: {
      labels: { [labels.binding]: binding.metadata.name },
      // Of a rescue that is rescued itself, the first one knows.
      annotations: { [annotations.reclaimPolicy]: known ?? policy },
    },
    spec: { persistentVolumeReclaimPolicy: 'Retain' },
  });
}

/** From now on the volume waits for that claim and no other. */
export function handOver(volume: Stored<Volume>, { metadata, spec }: Stored<Binding>): PatchWrite {
  const { namespace = '' } = metadata;
  return patchOf(volume, {
    spec: {
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: spec.pvc.name,
        // Those of the claim that is gone.
        uid: null,
        resourceVersion: null,
      },
    },
  });
}

/**
 * The volume is as it was before the rescue: what becomes of it is its own policy's business. One that
 * waits for a claim would wait for ever: it names the one that is gone instead, and is Released.
 */
export function giveBack(volume: Stored<Volume>, { spec: { rescue } }: Binding): PatchWrite {
  const policy = volume.metadata.annotations?.[annotations.reclaimPolicy];
  const waits = volume.spec.claimRef?.uid === undefined;
  return patchOf(volume, {
    metadata: {
      labels: { [labels.binding]: null },
      annotations: { [annotations.reclaimPolicy]: null },
    },
    spec: {
      ...(policy === undefined ? {} : { persistentVolumeReclaimPolicy: policy }),
      ...(waits && rescue !== undefined ? { claimRef: { uid: rescue.pvc.uid } } : {}),
    },
  });
}

/** The claim that takes the volume over; marked as the one that the webhook made. */
export function rescueClaim(volume: Stored<Volume>, { metadata, spec }: Stored<Binding>): Claim {
  const { namespace = '', name } = metadata;
  const { accessModes, capacity, storageClassName = '', volumeMode } = volume.spec;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: spec.pvc.name,
      namespace,
      labels: { [labels.fluentPVC]: spec.fluentPVC.name, [labels.binding]: name },
      annotations: {
        [annotations.admissionId]: metadata.annotations?.[annotations.admissionId] ?? '',
      },
      finalizers: [finalizers.claim],
    },
    spec: {
      ...(accessModes === undefined ? {} : { accessModes }),
      resources: { requests: { storage: capacity?.storage ?? '1' } },
      storageClassName,
      ...(volumeMode === undefined ? {} : { volumeMode }),
      volumeName: volume.metadata.name,
    },
  };
}

/** The binding that goes on in another namespace. Its name is the same: names tell admissions apart. */
export function rescueBinding(
  { metadata, spec, status }: Stored<Binding>,
  namespace: string,
  rescue: RescueRecord,
): Binding {
  const { name, labels: own = {}, annotations: marks = {} } = metadata;
  // A status is not stored with its object: what the deletion of the Pod said goes along in the spec.
  const { deletionGracePeriodSeconds: seconds } = status ?? {};
  const grace =
    seconds === undefined
      ? {}
      : {
          terminationGracePeriodSeconds: Math.max(seconds, spec.terminationGracePeriodSeconds ?? 0),
        };
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: {
      name,
      namespace,
      labels: own,
      annotations: { [annotations.admissionId]: marks[annotations.admissionId] ?? '' },
      finalizers: [finalizers.binding],
      ownerReferences: [
        { apiVersion: API_VERSION, kind: 'FluentPVC', ...spec.fluentPVC, controller: true },
      ],
    },
    spec: { ...spec, ...grace, pvc: { name: spec.pvc.name, uid: '' }, rescue },
  };
}

/** For this version of the volume only: the volume controller works on it, too. */
function patchOf(
  volume: Stored<Volume>,
  change: { metadata?: JsonObject; spec?: JsonObject },
): PatchWrite {
  const { name, uid, resourceVersion } = volume.metadata;
  return {
    verb: 'patch',
    ref: { kind: 'PersistentVolume', name },
    type: 'merge',
    body: { ...change, metadata: { ...change.metadata, uid, resourceVersion } },
  };
}
