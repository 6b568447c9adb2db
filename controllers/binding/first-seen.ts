import type { Binding } from '../../src/api/binding.ts';
import type { Identity, Stored } from '../../src/api/object.ts';
import type { PatchWrite } from '../../src/core/plan.ts';
import { bindingRef, type StatusChange } from './binding-facts.ts';

/*
 * What a binding learns of Pod and claim when they are first seen. Where the claim is lost later, this
 * is what finds its volume, and what people give its data up by.
 */

/**
 * Has the API server forget who wrote which field, and not begin again: that is for objects with several
 * authors, and two fifths of what each later write of a binding costs. What makes an object cannot ask for
 * it. See the Kubernetes API concepts, "Clearing managedFields".
 */
const NO_MANAGED_FIELDS = [{}];

/**
 * The write that records who they are; `undefined` where that is known, which never changes. It holds
 * for the version of the binding that was looked at and no other.
 */
export function identityWrite(
  { metadata, spec }: Stored<Binding>,
  seen: { pod?: Identity | undefined; claimUid?: string | undefined },
): PatchWrite | undefined {
  const changes = {
    ...(spec.pod.uid === '' && seen.pod !== undefined ? { pod: seen.pod } : {}),
    ...(spec.pvc.uid === '' && seen.claimUid !== undefined
      ? { pvc: { name: spec.pvc.name, uid: seen.claimUid } }
      : {}),
  };
  if (Object.keys(changes).length === 0) return undefined;
  const { resourceVersion } = metadata;
  const body = { metadata: { resourceVersion, managedFields: NO_MANAGED_FIELDS }, spec: changes };
  return { verb: 'patch', ref: bindingRef({ metadata }), type: 'merge', body };
}

/** What the status says of the claim's volume: what is known is kept. */
export function volumeField(volumeName: string | undefined): StatusChange {
  return volumeName === undefined ? {} : { volumeName };
}
