import { leavePlan, type LeaveObservation } from '../../controllers/binding/rescue/leave-plan.ts';
import { finalizers } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Plan } from '../../src/core/plan.ts';
import { at, make, T0 } from './make.ts';
import { RESCUE } from './rescuing.ts';

export const goes = { deletionTimestamp: at(1) };
/** Of a claim that has a volume. */
export const bound = { volumeName: 'pv-1' };

/** A claim of a namespace that goes, and no Pod keeps it. */
export const free = make.claim({
  metadata: { ...goes, finalizers: [finalizers.claim] },
  spec: bound,
});

/** The namespace of all that the builders make. */
export const shop = (change: { deletionTimestamp?: string } = {}): Stored<KubeObject> => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: 'shop',
    uid: 'shop-uid',
    resourceVersion: '1',
    creationTimestamp: at(0),
    // The API server's; it keeps the namespace until it is empty.
    finalizers: ['kubernetes'],
    ...change,
  },
});

/** The same, going. */
export const going = shop(goes);

/** What becomes of a binding whose Pod is over, and whose claim nobody keeps. */
export function leave(change: Partial<LeaveObservation>): Plan {
  return leavePlan({
    now: T0,
    binding: make.binding(),
    isStored: true,
    namespace: { name: 'shop', uid: 'shop-uid' },
    claim: free,
    volume: make.volume(),
    rescued: undefined,
    rescueNamespace: RESCUE,
    podOver: true,
    nodeName: undefined,
    refusal: undefined,
    isRefusalTold: false,
    ...change,
  });
}
