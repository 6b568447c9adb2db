import type { ObjectRef } from '../api/resources.ts';
import { pointer, type PatchOperation, type PatchWrite } from './plan.ts';

/**
 * Takes a finalizer of ours off that object, whoever else changes its finalizers meanwhile, and in the
 * same patch does `also`; nothing where the object has not the finalizer.
 */
export function withoutFinalizer(
  ref: ObjectRef,
  object: { metadata: { uid: string; finalizers?: string[] } },
  finalizer: string,
  also: readonly PatchOperation[] = [],
): [] | [PatchWrite & { body: PatchOperation[] }] {
  const { uid, finalizers = [] } = object.metadata;
  const index = finalizers.indexOf(finalizer);
  if (index === -1) return [];
  const path = `/metadata/finalizers${pointer(index)}`;
  const body: PatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path, value: finalizer },
    { op: 'remove', path },
    ...also,
  ];
  return [{ verb: 'patch', ref, type: 'json', body }];
}
