import type { KubeObject } from '../api/object.ts';
import type { ObjectRef } from '../api/resources.ts';
import type { Outcome } from '../metrics/outcomes.ts';

/**
 * The vocabulary of writes: what a plan may ask for. A plan is data, made without any I/O; tests
 * compare plans. The writer (src/kube/writer.ts) is the only one who carries them out.
 */
export type Write =
  | CreateWrite
  | PatchWrite
  | DeleteWrite
  /** Asks for a Pod's eviction, so that disruption budgets are respected. */
  | { verb: 'evict'; ref: ObjectRef; uid: string }
  | EventWrite;

/** An object of the same name counts as this one if it carries the same admission-id. */
export interface CreateWrite {
  verb: 'create';
  object: KubeObject;
  /** Not made where the write before it was for an object that is gone: the order for it has gone with that. */
  ifNotMoot?: true;
}

export interface PatchWrite {
  verb: 'patch';
  ref: ObjectRef;
  type: 'json' | 'merge';
  /** JSON patch operations, or a merge patch. Either names the uid or resourceVersion it is for. */
  body: object;
  subresource?: 'status';
}

/** Deletes only the object of that uid, and of that version where one is named. */
export interface DeleteWrite {
  verb: 'delete';
  ref: ObjectRef;
  uid: string;
  resourceVersion?: string;
  /** Foreground: the object stays until its dependents are gone. */
  propagation: 'Background' | 'Foreground';
}

/** Tells people, best effort: a lost Event changes nothing. */
export interface EventWrite {
  verb: 'event';
  /** `namespace` is empty for an object of the cluster. */
  regarding: { apiVersion: string; kind: string; namespace: string; name: string; uid: string };
  type: 'Normal' | 'Warning';
  reason: EventReason;
  /** CamelCase verb: what was done. */
  action: string;
  note: string;
}

/** All that Events are written for: CamelCase words for programs. */
export type EventReason =
  | 'AttemptsExhausted'
  | 'BrakeEngaged'
  | 'BrakeReleased'
  | 'DataGivenUp'
  | 'DeletionWaits'
  | 'EvictionRefused'
  | 'FluentPVCMissing'
  | 'Injected'
  | 'InjectionDenied'
  | 'RescueRefused'
  | 'SidecarFailed'
  | 'VolumeLeft'
  | 'VolumeRescued'
  | 'WriterMayBeAlive';

/** What a reconcile decided. Nothing to write and no deadline: all is as it should be. */
export interface Plan {
  writes: Write[];
  /** Look again after that many ms, whether something happens or not. */
  requeueAfterMs?: number;
  /** Why, in a few words; for the log. */
  reason: string;
  /** What the writes bring about; counted when they are done, and not where there are none. */
  outcome?: Outcome;
}

/** JSON patch, RFC 6902. */
export type PatchOperation =
  { op: 'add' | 'replace' | 'test'; path: string; value: unknown } | { op: 'remove'; path: string };

/** Takes the entries at these indexes (ascending) out of the list at that path. */
export function removals(path: string, indexes: readonly number[]): PatchOperation[] {
  // From the end, so that the indexes before it stay true.
  return indexes
    .toReversed()
    .map((index): PatchOperation => ({ op: 'remove', path: path + pointer(index) }));
}

/** A path of RFC 6901 from its parts. */
export function pointer(...parts: (string | number)[]): string {
  return parts
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
