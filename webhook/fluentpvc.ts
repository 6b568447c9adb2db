import { isDeepStrictEqual } from 'node:util';
import { isDeleting, type KubeObject } from '../src/api/object.ts';
import { validateFluentPVC } from '../src/core/validate.ts';
import { deny, type AdmissionHandler } from './review.ts';

/** The handler of `/fluent-pvc/validate`. */
export function createFluentPVCHandler(): AdmissionHandler {
  return ({ object, oldObject }) => {
    // An UPDATE that leaves the spec alone is none of our business: a finalizer must always go.
    const untouched = oldObject != null && isDeepStrictEqual(specOf(object), specOf(oldObject));
    if (object === null || isDeleting(object) || untouched) {
      return Promise.resolve({ allowed: true });
    }
    const { problems, warnings } = validateFluentPVC(object);
    if (problems.length === 0) return Promise.resolve({ allowed: true, warnings });
    const list = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
    return Promise.resolve(
      deny('FluentPVCInvalid', 422, `FluentPVC "${object.metadata.name ?? ''}": ${list}`),
    );
  };
}

function specOf(object: KubeObject | null): unknown {
  return (object as { spec?: unknown } | null)?.spec;
}
