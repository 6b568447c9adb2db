import type { ObjectRef } from '../api/resources.ts';
import { pointer, type PatchOperation, type PatchWrite } from './plan.ts';

/** Takes a finalizer of ours off that object, whoever else changes its finalizers meanwhile. */
export function withoutFinalizer(
  ref: ObjectRef,
  object: { metadata: { uid: string; finalizers?: string[] } },
  finalizer: string,
): PatchWrite & { body: PatchOperation[] } {
  const path = `/metadata/finalizers${pointer(object.metadata.finalizers?.indexOf(finalizer) ?? 0)}`;
  const body: PatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: object.metadata.uid },
    { op: 'test', path, value: finalizer },
    { op: 'remove', path },
  ];
  return { verb: 'patch', ref, type: 'json', body };
}
