import { createHash } from 'node:crypto';
import type { Override } from './fluentpvc.ts';

/**
 * Every name that users, manifests and other programs see. Group, labels and finalizers are those
 * of the original operator (github.com/st-tech/fluent-pvc-operator).
 */
export const GROUP = 'fluent-pvc-operator.tech.zozo.com';
export const API_VERSION = `${GROUP}/v1alpha1`;

export const labels = {
  /** On a Pod, by its author: the FluentPVC that it asks for. On our objects: whose they are. */
  fluentPVC: `${GROUP}/fluent-pvc-name`,
  /**
   * On a Pod and its claim, by the webhook: the binding they belong to. On a PersistentVolume, while
   * it is rescued: the binding that drains it.
   */
  binding: `${GROUP}/fluent-pvc-binding-name`,
  /** On a finalizer Job and its Pods: the binding whose claim they drain. */
  finalizerJobOf: `${GROUP}/finalizer-job-of`,
  /**
   * On a claim that lost our finalizer: {@link DRAINED} where it is kept, {@link UNUSED} where it is
   * on its way out.
   */
  state: `${GROUP}/state`,
} as const;

export const annotations = {
  /** On claim, binding and Job: uid of the admission request that they come from. */
  admissionId: `${GROUP}/admission-id`,
  /** On a Pod, by its author, where `overrides` of the FluentPVC allows it. */
  override: (name: Override) => `${GROUP}/${name}`,
  /** On a Pod: what the webhook put into it, as JSON ({@link InjectionRecord}). */
  injected: `${GROUP}/injected`,
  /** On a binding, by people: any new value runs a failed finalizer Job again at once. */
  retry: `${GROUP}/retry`,
  /** On a binding, by people: uid of the claim whose data is given up. */
  release: `${GROUP}/release`,
  /** On a binding, by people: uid of the Pod whose containers are known to be stopped. */
  assumeStopped: `${GROUP}/assume-stopped`,
  /** On a PersistentVolume that is rescued: its reclaim policy before and after. */
  reclaimPolicy: `${GROUP}/original-reclaim-policy`,
  /**
   * On what the original operator left (binding, finalizer Job, claim without a binding): when this
   * program took it over; RFC 3339. The snapshot in the binding is from the FluentPVC as it was then.
   */
  takenOver: `${GROUP}/taken-over`,
  /**
   * On a FluentPVC: a leader of this program has seen it. From then on, what it leaves out means what
   * our definition says, and not what the original operator's did.
   */
  settled: `${GROUP}/settled`,
  /** On the Lease of the controllers: what the leader has seen of nodes, for the next one; JSON. */
  seenOfNodes: `${GROUP}/seen-of-nodes`,
  /** On a policy, by a run that registers itself: hash of the CA that its webhooks are trusted by. */
  registeredWith: `${GROUP}/registered-with`,
} as const;

/** Value of the label `state` on a claim that was drained and is kept (`finalization.onSuccess: Retain`). */
export const DRAINED = 'drained';

/** Value of the label `state` on a claim whose admission failed: no Pod ever named it. */
export const UNUSED = 'unused';

export const finalizers = {
  fluentPVC: `${GROUP}/fluentpvc-protection`,
  binding: `${GROUP}/fluentpvcbinding-protection`,
  claim: `${GROUP}/pvc-protection`,
  /** Kubernetes' own, on a claim: there are Pods that name it. */
  claimInUse: 'kubernetes.io/pvc-protection',
} as const;

/** A label value, and with it all of our names, has at most this many characters. */
export const MAX_LABEL_LENGTH = 63;

const FLUENT_PVC_HASH_LENGTH = 8;
const REQUEST_HASH_LENGTH = 10;
const MAX_PREFIX_LENGTH = MAX_LABEL_LENGTH - FLUENT_PVC_HASH_LENGTH - REQUEST_HASH_LENGTH - 2;

/**
 * The one name of claim, binding and finalizer Job of an admission: at most 63 characters, valid as
 * object name and as label value, the same whenever it is computed again.
 */
export function admissionName(
  fluentPVC: { name: string; uid: string },
  requestUid: string,
): string {
  return beginning(fluentPVC) + hash(requestUid, REQUEST_HASH_LENGTH);
}

/** Is it the name of any admission with that FluentPVC? */
export function isAdmissionName(name: string, fluentPVC: { name: string; uid: string }): boolean {
  const start = beginning(fluentPVC);
  return name.startsWith(start) && /^[0-9a-f]{10}$/.test(name.slice(start.length));
}

function beginning(fluentPVC: { name: string; uid: string }): string {
  const prefix = fluentPVC.name.slice(0, MAX_PREFIX_LENGTH).replace(/[-.]+$/, '');
  return `${prefix}-${hash(fluentPVC.uid, FLUENT_PVC_HASH_LENGTH)}-`;
}

/** Lower-case hexadecimal digits: 4 bits each, so 10 of them tell 10^12 requests apart. */
function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Labels or annotations without those of the operator. */
export function foreignEntries(
  entries: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries ?? {}).filter(([key]) => !key.startsWith(`${GROUP}/`)),
  );
}
