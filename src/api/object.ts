/**
 * Kubernetes objects as they travel: raw JSON. The types of this folder name only the fields that
 * this program reads or writes; whatever else an object carries stays in it untouched, because no
 * object is ever rebuilt from its type.
 */

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
/** An object of JSON. */
export interface JsonObject {
  [key: string]: Json;
}

/** See `kubectl explain pod.metadata`; times are RFC 3339 strings. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  /** Of a Pod; 0 says that it was deleted by force. */
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** An owner in the sense of garbage collection. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any object of the API, before or after it was stored. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** The metadata of an object that the API server has stored. */
export type StoredMeta = ObjectMeta &
  Required<Pick<ObjectMeta, 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp'>>;

/** An object that the API server has stored. */
export type Stored<T extends KubeObject> = T & { metadata: StoredMeta };

/** Name and uid together: the name finds an object, the uid says that it is still the same one. */
export interface Identity {
  name: string;
  /** Empty until the object was seen. */
  uid: string;
}

/** `namespace/name`, or `name` for an object of the cluster. The key of queues and caches. */
export type ObjectKey = string;

/** The key of an object. */
export function keyOf(metadata: ObjectMeta): ObjectKey {
  const name = metadata.name ?? '';
  return metadata.namespace === undefined ? name : `${metadata.namespace}/${name}`;
}

/** Is the object on its way out? */
export function isDeleting(object: { metadata: ObjectMeta }): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** Does the object carry the finalizer? */
export function hasFinalizer(object: { metadata: ObjectMeta }, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** When the object was stored, in ms since the epoch. */
export function createdAt(object: { metadata: StoredMeta }): number {
  return Date.parse(object.metadata.creationTimestamp);
}

/** Does one of the object's owner references name that very owner? */
export function isOwnedBy(
  object: { metadata: ObjectMeta },
  owner: { metadata: StoredMeta },
): boolean {
  const { ownerReferences = [] } = object.metadata;
  return ownerReferences.some(({ uid }) => uid === owner.metadata.uid);
}
