import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { annotations, finalizers } from '../src/api/names.ts';
import { hasFinalizer, isDeleting, type ObjectKey, type Stored } from '../src/api/object.ts';
import type { ObjectRef } from '../src/api/resources.ts';
import { withoutFinalizer } from '../src/core/finalizer.ts';
import type { Plan } from '../src/core/plan.ts';
import type { Caches } from './caches.ts';

/** Keeps a FluentPVC until its last binding has ended, and no claim may need it for another one. */
export function createFluentPVCDecider(
  caches: Pick<Caches, 'fluentPVCs' | 'bindings' | 'claims'>,
): (key: ObjectKey) => Promise<Plan> {
  return (key) => {
    const fluentPVC = caches.fluentPVCs.get(key);
    if (fluentPVC === undefined) {
      return Promise.resolve({ writes: [], reason: 'the FluentPVC is gone' });
    }
    const { name, uid } = fluentPVC.metadata;
    // There may be thousands, and only a FluentPVC on its way out waits for them.
    const left = isDeleting(fluentPVC)
      ? {
          bindings: caches.bindings.byIndex(uid).length,
          claims: caches.claims.byIndex(name).length,
        }
      : NOBODY;
    return Promise.resolve(fluentPVCPlan(fluentPVC, left));
  };
}

/** Has a leader of this program seen it? */
export function isSettled({ metadata }: FluentPVC): boolean {
  return metadata.annotations?.[annotations.settled] !== undefined;
}

/** How many need a FluentPVC. */
export interface Users {
  bindings: number;
  /** Those that have no binding among them, which gets made anew from it. */
  claims: number;
}

const NOBODY: Users = { bindings: 0, claims: 0 };

/** What becomes of a FluentPVC that so many need. Pure. */
export function fluentPVCPlan(
  fluentPVC: Stored<FluentPVC>,
  { bindings, claims }: Users = NOBODY,
): Plan {
  const ref: ObjectRef = { kind: 'FluentPVC', name: fluentPVC.metadata.name };
  const kept = hasFinalizer(fluentPVC, finalizers.fluentPVC);
  if (isDeleting(fluentPVC)) {
    if (!kept) return { writes: [], reason: 'the FluentPVC is on its way out' };
    if (bindings + claims > 0) {
      return { writes: [], reason: `${bindings} bindings and ${claims} claims are left` };
    }
    return {
      writes: [withoutFinalizer(ref, fluentPVC, finalizers.fluentPVC)],
      reason: 'the last binding and claim have gone; the FluentPVC may go',
    };
  }
  if (kept && isSettled(fluentPVC)) return { writes: [], reason: 'the FluentPVC is in use' };
  const { uid, resourceVersion, finalizers: others = [] } = fluentPVC.metadata;
  return {
    writes: [
      {
        verb: 'patch',
        ref,
        type: 'merge',
        body: {
          metadata: {
            uid,
            resourceVersion,
            annotations: { [annotations.settled]: 'true' },
            ...(kept ? {} : { finalizers: [...others, finalizers.fluentPVC] }),
          },
        },
      },
    ],
    reason: 'the FluentPVC is new',
  };
}
