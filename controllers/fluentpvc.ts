import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { finalizers } from '../src/api/names.ts';
import { hasFinalizer, isDeleting, type ObjectKey, type Stored } from '../src/api/object.ts';
import type { ObjectRef } from '../src/api/resources.ts';
import { withoutFinalizer } from '../src/core/finalizer.ts';
import type { Plan } from '../src/core/plan.ts';
import type { Caches } from './caches.ts';

/** Keeps a FluentPVC until its last binding has ended. */
export function createFluentPVCDecider(
  caches: Pick<Caches, 'fluentPVCs' | 'bindings'>,
): (key: ObjectKey) => Promise<Plan> {
  return (key) => {
    const fluentPVC = caches.fluentPVCs.get(key);
    if (fluentPVC === undefined) {
      return Promise.resolve({ writes: [], reason: 'the FluentPVC is gone' });
    }
    const bindings = caches.bindings.byIndex(fluentPVC.metadata.uid).length;
    return Promise.resolve(fluentPVCPlan(fluentPVC, bindings));
  };
}

/** What becomes of a FluentPVC that has that many bindings. Pure. */
export function fluentPVCPlan(fluentPVC: Stored<FluentPVC>, bindings: number): Plan {
  const ref: ObjectRef = { kind: 'FluentPVC', name: fluentPVC.metadata.name };
  const kept = hasFinalizer(fluentPVC, finalizers.fluentPVC);
  if (isDeleting(fluentPVC)) {
    if (!kept) return { writes: [], reason: 'the FluentPVC is on its way out' };
    if (bindings > 0) return { writes: [], reason: `${bindings} bindings are left` };
    return {
      writes: [withoutFinalizer(ref, fluentPVC, finalizers.fluentPVC)],
      reason: 'the last binding has ended; the FluentPVC may go',
    };
  }
  if (kept) return { writes: [], reason: 'the FluentPVC is in use' };
  const { uid, resourceVersion, finalizers: others = [] } = fluentPVC.metadata;
  return {
    writes: [
      {
        verb: 'patch',
        ref,
        type: 'merge',
        body: {
          metadata: { uid, resourceVersion, finalizers: [...others, finalizers.fluentPVC] },
        },
      },
    ],
    reason: 'the FluentPVC is new',
  };
}
