import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { Job } from '../src/api/job.ts';
import type { KubeObject, Stored, StoredMeta } from '../src/api/object.ts';
import type { ContainerStatus, Pod } from '../src/api/pod.ts';

/**
 * What the caches keep of objects: only what a plan reads. Most of an object's size is in
 * managedFields, and there are thousands of objects.
 */
function trimMeta(metadata: StoredMeta): StoredMeta {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = metadata;
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return {
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(namespace === undefined ? {} : { namespace }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(generation === undefined ? {} : { generation }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
}

/** Without the snapshot, which is read by one GET when a Job is made from it. */
export function trimBinding(binding: Stored<Binding>): Stored<Binding> {
  const { snapshot, ...spec } = binding.spec;
  return { ...binding, metadata: trimMeta(binding.metadata), spec };
}

/** What a namespace that goes is known by, and its labels, by which FluentPVCs select. */
export function trimNamespace(namespace: Stored<KubeObject>): Stored<KubeObject> {
  const { apiVersion, kind, metadata } = namespace;
  const { annotations, ownerReferences, ...kept } = trimMeta(metadata);
  return { apiVersion, kind, metadata: kept };
}

export function trimClaim(claim: Stored<Claim>): Stored<Claim> {
  const { apiVersion, kind, metadata, spec, status } = claim;
  return {
    apiVersion,
    kind,
    metadata: trimMeta(metadata),
    spec: spec.volumeName === undefined ? {} : { volumeName: spec.volumeName },
    ...(status?.phase === undefined ? {} : { status: trimClaimStatus(status) }),
  };
}

function trimClaimStatus({
  phase,
  capacity,
}: NonNullable<Claim['status']>): NonNullable<Claim['status']> {
  const { storage } = capacity ?? {};
  return {
    ...(phase === undefined ? {} : { phase }),
    ...(storage === undefined ? {} : { capacity: { storage } }),
  };
}

export function trimJob(job: Stored<Job>): Stored<Job> {
  const { apiVersion, kind, metadata, status } = job;
  return {
    apiVersion,
    kind,
    metadata: trimMeta(metadata),
    spec: { template: { spec: { containers: [] } } },
    ...(status?.conditions === undefined ? {} : { status: { conditions: status.conditions } }),
  };
}

const KEPT_CONDITIONS = ['Ready', 'PodScheduled'];

export function trimPod(pod: Stored<Pod>): Stored<Pod> {
  const { apiVersion, kind, status } = pod;
  const { annotations, ...metadata } = trimMeta(pod.metadata);
  const { nodeName, terminationGracePeriodSeconds, volumes = [] } = pod.spec;
  const statuses = (list: ContainerStatus[] | undefined): ContainerStatus[] =>
    (list ?? []).map(trimStatus);
  return {
    apiVersion,
    kind,
    metadata,
    spec: {
      containers: [],
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
      volumes: volumes.flatMap(({ name, persistentVolumeClaim: claim }) =>
        claim === undefined
          ? []
          : [{ name, persistentVolumeClaim: { claimName: claim.claimName } }],
      ),
    },
    status: {
      ...(status?.phase === undefined ? {} : { phase: status.phase }),
      conditions: (status?.conditions ?? []).filter(({ type }) => KEPT_CONDITIONS.includes(type)),
      initContainerStatuses: statuses(status?.initContainerStatuses),
      containerStatuses: statuses(status?.containerStatuses),
      ephemeralContainerStatuses: statuses(status?.ephemeralContainerStatuses),
    },
  };
}

function trimStatus({ name, restartCount, state, lastState }: ContainerStatus): ContainerStatus {
  return {
    name,
    ...(restartCount === undefined ? {} : { restartCount }),
    ...(state === undefined ? {} : { state }),
    ...(lastState === undefined ? {} : { lastState }),
  };
}
