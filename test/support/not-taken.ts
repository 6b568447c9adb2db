import type { KubeObject } from '../../src/api/object.ts';
import { ApiError } from '../../src/kube/api-error.ts';
import type { CreateRefusal } from '../../src/kube/create-refusal.ts';

/** What the API server said of an object that it did not take. */
export function notTaken(
  object: KubeObject,
  code: number,
  reason: string,
  message: string = reason,
): CreateRefusal {
  const error = new ApiError('POST /path', code, { code, reason, message });
  return { write: { verb: 'create', object }, error };
}
