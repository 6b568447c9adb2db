import { isDeepStrictEqual } from 'node:util';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { isDeleting, type KubeObject } from '../src/api/object.ts';
import { classVerdict } from '../src/core/storage-class.ts';
import { trialVerdict } from '../src/core/trial-verdict.ts';
import { integerVerdict } from '../src/core/unsafe-integers.ts';
import { isFluentPVC, validateFluentPVC } from '../src/core/validate.ts';
import { mergeVerdicts, problemText, type Verdict } from '../src/core/verdict.ts';
import { observe, type Asking } from './fluentpvc-observe.ts';
import { deny, type AdmissionHandler, type AdmissionRequest } from './review.ts';

/** The handler of `/fluent-pvc/validate`. */
export function createFluentPVCHandler(asking: Asking): AdmissionHandler {
  const verdictOn = async (
    object: KubeObject,
    { unsafeIntegers }: AdmissionRequest,
    signal: AbortSignal,
  ): Promise<Verdict> => {
    const known = [validateFluentPVC(object), integerVerdict(unsafeIntegers)];
    // Of what lacks the parts nothing can be made that the API server could be asked about.
    if (!isFluentPVC(object)) return mergeVerdicts(...known);
    const { storageClass, trials } = await observe(asking, object, signal);
    return mergeVerdicts(
      ...known,
      classVerdict(storageClass),
      trialVerdict(object, asking.validationNamespace, trials),
    );
  };

  return async (request, { signal }) => {
    const { object, oldObject } = request;
    // An UPDATE that leaves the spec alone is none of our business: a finalizer must always go.
    // Nor is one of a switch alone, which no rule speaks of: the operator writes it into FluentPVCs
    // that it takes over, and some are older than the rules.
    const untouched = oldObject != null && isDeepStrictEqual(ruled(object), ruled(oldObject));
    if (object === null || isDeleting(object) || untouched) return { allowed: true };
    const { problems, warnings } = await verdictOn(object, request, signal);
    if (problems.length === 0) return { allowed: true, warnings };
    const message = `FluentPVC "${object.metadata.name ?? ''}": ${problemText(problems)}`;
    return { ...deny('FluentPVCInvalid', 422, message), warnings };
  };
}

/** The part of the spec that rules speak of. */
function ruled(object: KubeObject | null): unknown {
  const { spec } = (object ?? {}) as Partial<FluentPVC>;
  if (spec == null) return spec;
  const { deletePodIfSidecarContainerTerminationDetected, ...rest } = spec;
  return rest;
}
