import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { Job } from '../src/api/job.ts';
import { GROUP } from '../src/api/names.ts';
import type { KubeObject, Stored, StoredMeta } from '../src/api/object.ts';
import type { ContainerStatus, Pod } from '../src/api/pod.ts';

/*
 * What the caches keep of objects: only what a plan reads, and of a text or a part that many objects have,
 * one: most of an object's size is in managedFields, and JSON.parse makes each text and each part anew.
 * There are thousands of objects.
 */

/** What is in memory already, of the newest. Who has one keeps it, whatever becomes of it here. */
class Known<T> {
  readonly #most: number;
  readonly #all = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => T): T {
    const one = this.#all.get(key);
    if (one !== undefined) return one;
    if (this.#all.size >= this.#most) this.#all.clear();
    const made = make();
    this.#all.set(key, made);
    return made;
  }
}

/** Most of them are times after a while, which do not come again. */
const texts = new Known<string>(2_000);

function intern<T extends string>(text: T): T {
  return texts.get(text, () => text) as T;
}

const parts = new Known<object>(200);
/** As JSON, in characters: what is longer says something of its own, as a scheduler's reasons. */
const LONGEST_PART = 2_000;

/** The part that is in memory already, or this one, frozen: who changed it would change it for all. */
function share<T extends object>(part: T): T {
  const text = JSON.stringify(part);
  return text.length > LONGEST_PART ? part : (parts.get(text, () => frozen(part)) as T);
}

function frozen<T extends object>(part: T): T {
  for (const value of Object.values(part) as unknown[]) {
    if (typeof value === 'object' && value !== null) frozen(value);
  }
  return Object.freeze(part);
}

/** The same object; what is called so in it is interned. */
function interning<T extends object>(object: T, ...names: readonly (keyof T)[]): T {
  for (const name of names) {
    const value = object[name];
    if (typeof value === 'string') object[name] = intern(value);
  }
  return object;
}

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
