import type { KubeObject } from '../api/object.ts';
import type { CreateWrite } from '../core/plan.ts';
import type { ApiError } from './api-error.ts';

/** An object that the API server did not take. */
export interface CreateRefusal {
  write: CreateWrite;
  error: ApiError;
}

/**
 * Why the API server did not take that very object. What it refused may have been another one: a Job,
 * say, where a binding is to be made now.
 */
export function refusalOf(
  refusal: CreateRefusal | undefined,
  object: KubeObject,
): ApiError | undefined {
  return refusal !== undefined && isSame(refusal.write.object, object) ? refusal.error : undefined;
}

function isSame(one: KubeObject, other: KubeObject): boolean {
  return (
    one.kind === other.kind &&
    one.metadata.namespace === other.metadata.namespace &&
    one.metadata.name === other.metadata.name
  );
}
