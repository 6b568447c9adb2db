import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isTrue, rfc3339 } from '../../src/api/condition.ts';
import { annotations, finalizers, GROUP, labels, MAX_LABEL_LENGTH } from '../../src/api/names.ts';
import { hasFinalizer, isDeleting, type Stored } from '../../src/api/object.ts';
import type { PatchWrite } from '../../src/core/plan.ts';

/**
 * The names that the original gives: of the FluentPVC, and of two hashes, encoded as those in the
 * names of a Deployment's Pods are.
 */
const NAME = /^(.+)-[bcdfghjklmnpqrstvwxz2456789]{1,10}-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/;

/**
 * What makes a claim of the original ours; where only people can, what they can do. `binding` is the
 * one it was made with, `undefined` where there is none: labelled, it gets one back as any other.
 * Pure.
 */
export function claimWrite(
  claim: Stored<Claim>,
  binding: Stored<Binding> | undefined,
  now: number,
): PatchWrite | string | undefined {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const { finalizers: kept = [], ownerReferences = [] } = claim.metadata;
  const isKept = hasFinalizer(claim, finalizers.claim);
  if (!isKept && !isDrained(claim, binding)) return undefined;
  const fluentPVC = binding?.spec.fluentPVC.name ?? NAME.exec(name)?.[1];
  if (name.length > MAX_LABEL_LENGTH) {
    return (
      `PVC "${namespace ?? ''}/${name}" has a name that no label can hold: no Pod was ever admitted ` +
      `with it. Take the finalizer ${finalizers.claim} off it and delete it.`
    );
  }
  if (fluentPVC === undefined) {
    return (
      `PVC "${namespace ?? ''}/${name}" has the finalizer ${finalizers.claim}, no label of ours and no ` +
      `name that the original operator gives: it is left alone. Look at what is on it, take the ` +
      `finalizer off, and delete it.`
    );
  }
  const others = ownerReferences.filter(({ apiVersion }) => !apiVersion.startsWith(`${GROUP}/`));
  return {
    verb: 'patch',
    ref: { kind: 'PersistentVolumeClaim', namespace, name },
    type: 'merge',
    body: {
      metadata: {
        resourceVersion,
        labels: { [labels.fluentPVC]: fluentPVC, [labels.binding]: name },
        annotations: {
          [annotations.admissionId]: uid,
          [annotations.takenOver]: rfc3339(now),
        },
        // The release ends with it, and knows its claim by it.
        ...(isKept ? {} : { finalizers: [...kept, finalizers.claim] }),
        // Early versions had one: garbage collection must never take data.
        ...(others.length === ownerReferences.length ? {} : { ownerReferences: others }),
      },
    },
  };
}

/** The original takes its finalizer off first and deletes the claim second: it stopped in between. */
function isDrained(claim: Stored<Claim>, binding: Stored<Binding> | undefined): boolean {
  return isTrue(binding?.status?.conditions, 'FinalizerJobSucceeded') && !isDeleting(claim);
}
