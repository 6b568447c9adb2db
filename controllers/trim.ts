import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { Job } from '../src/api/job.ts';
import { GROUP } from '../src/api/names.ts';
import type { KubeObject, Stored, StoredMeta } from '../src/api/object.ts';
import type { ContainerStatus, Pod } from '../src/api/pod.ts';
import { frozen, intern, interning, share } from './common-parts.ts';

/*
 * What the caches keep of objects: only what a plan reads, and what many have alike once. Most of an object's
 * size is in managedFields, and there are thousands of objects.
 */

function trimMeta(metadata: StoredMeta): StoredMeta {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = metadata;
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return {
    name: intern(name),
    uid,
    resourceVersion,
    creationTimestamp: intern(creationTimestamp),
    ...(namespace === undefined ? {} : { namespace: intern(namespace) }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(generation === undefined ? {} : { generation }),
    ...(labels === undefined ? {} : { labels: interning(labels, ...Object.keys(labels)) }),
    ...(annotations === undefined ? {} : { annotations: ours(annotations) }),
    ...(finalizers === undefined ? {} : { finalizers: share(finalizers) }),
    ...(ownerReferences === undefined ? {} : { ownerReferences: share(ownerReferences) }),
  };
}

/** Those that others set are for others to read. */
function ours(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => key.startsWith(`${GROUP}/`)),
  );
}

/** Without the snapshot, which is read by one GET when a Job is made from it. */
export function trimBinding(binding: Stored<Binding>): Stored<Binding> {
  const { snapshot, fluentPVC, sidecar, finalization, ...spec } = binding.spec;
  interning(spec.pvc, 'name');
  for (const condition of binding.status?.conditions ?? []) {
    interning(condition, 'type', 'reason', 'lastTransitionTime');
  }
  return interning(
    {
      ...binding,
      metadata: trimMeta(binding.metadata),
      spec: {
        ...spec,
        fluentPVC: share(fluentPVC),
        ...(sidecar === undefined ? {} : { sidecar: share(sidecar) }),
        ...(finalization === undefined ? {} : { finalization: share(finalization) }),
      },
    },
    'apiVersion',
    'kind',
  );
}

/** What a namespace that goes is known by, and its labels, by which FluentPVCs select. */
export function trimNamespace(namespace: Stored<KubeObject>): Stored<KubeObject> {
  const { apiVersion, kind, metadata } = namespace;
  const { annotations, ownerReferences, ...kept } = metadata;
  return { apiVersion: intern(apiVersion), kind: intern(kind), metadata: trimMeta(kept) };
}

export function trimClaim(claim: Stored<Claim>): Stored<Claim> {
  const { apiVersion, kind, metadata, spec, status } = claim;
  return {
    apiVersion: intern(apiVersion),
    kind: intern(kind),
    metadata: trimMeta(metadata),
    spec: spec.volumeName === undefined ? {} : { volumeName: spec.volumeName },
    ...(status?.phase === undefined ? {} : { status: share(trimClaimStatus(status)) }),
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

const NO_TEMPLATE = frozen({ template: { spec: { containers: [] } } });

export function trimJob(job: Stored<Job>): Stored<Job> {
  const { apiVersion, kind, metadata, status } = job;
  return {
    apiVersion: intern(apiVersion),
    kind: intern(kind),
    metadata: trimMeta(metadata),
    spec: NO_TEMPLATE,
    ...(status?.conditions === undefined ? {} : { status: { conditions: status.conditions } }),
  };
}

const KEPT_CONDITIONS = ['Ready', 'PodScheduled'];
const NONE = frozen<never[]>([]);

export function trimPod(pod: Stored<Pod>): Stored<Pod> {
  const { apiVersion, kind, status } = pod;
  const { annotations, ...metadata } = pod.metadata;
  const { nodeName, terminationGracePeriodSeconds, volumes = [] } = pod.spec;
  const statuses = (list: ContainerStatus[] | undefined): ContainerStatus[] =>
    list === undefined ? NONE : list.map(trimStatus);
  return {
    apiVersion: intern(apiVersion),
    kind: intern(kind),
    metadata: trimMeta(metadata),
    spec: {
      containers: NONE,
      ...(nodeName === undefined ? {} : { nodeName: intern(nodeName) }),
      ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
      volumes: volumes.flatMap(({ name, persistentVolumeClaim: claim }) =>
        claim === undefined
          ? []
          : [{ name, persistentVolumeClaim: { claimName: intern(claim.claimName) } }],
      ),
    },
    status: {
      ...(status?.phase === undefined ? {} : { phase: status.phase }),
      conditions: share(
        (status?.conditions ?? [])
          .filter(({ type }) => KEPT_CONDITIONS.includes(type))
          .map(trimPodCondition),
      ),
      initContainerStatuses: statuses(status?.initContainerStatuses),
      containerStatuses: statuses(status?.containerStatuses),
      ephemeralContainerStatuses: statuses(status?.ephemeralContainerStatuses),
    },
  };
}

type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

function trimPodCondition({ type, status, reason, message }: PodCondition): PodCondition {
  return {
    type,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

function trimStatus({ name, restartCount, state, lastState }: ContainerStatus): ContainerStatus {
  if (state?.running !== undefined) interning(state.running, 'startedAt');
  return {
    name: intern(name),
    ...(restartCount === undefined ? {} : { restartCount }),
    ...(state === undefined ? {} : { state }),
    ...(lastState === undefined ? {} : { lastState }),
  };
}
