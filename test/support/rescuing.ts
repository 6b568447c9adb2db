import type { BindingStatus } from '../../src/api/binding.ts';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { ObjectMeta, Stored } from '../../src/api/object.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { ClaimRef, Volume } from '../../src/api/volume.ts';
import type { RescueBinding } from '../../src/core/rescue.ts';
import { make, NAME } from './make.ts';

/** Where volumes of namespaces that go are drained. */
export const RESCUE = 'rescue';

const record = { namespace: 'shop', pvc: { name: NAME, uid: 'claim-uid' }, volumeName: 'pv-1' };

/** A binding whose claim was deleted in a namespace that lives. */
export const inPlace = (status: BindingStatus = {}, metadata: ObjectMeta = {}): RescueBinding =>
  make.binding({
    metadata,
    spec: { rescue: { ...record, podOver: true } },
    status: { conditions: [make.condition('OutOfUse')], ...status },
  }) as RescueBinding;

/** The binding that goes on where the namespace of the Pod is gone. */
export const elsewhere = (uid = '', status: BindingStatus = {}): RescueBinding =>
  make.binding({
    metadata: { namespace: RESCUE, uid: 'rescue-uid' },
    spec: { pvc: { name: NAME, uid }, rescue: { ...record, podOver: true } },
    status,
  }) as RescueBinding;

/** The volume, marked as ours and safe. */
export const kept = (
  claimRef?: ClaimRef,
  phase: 'Bound' | 'Released' = 'Released',
): Stored<Volume> =>
  make.volume({
    metadata: {
      labels: { [labels.binding]: NAME },
      annotations: { [annotations.reclaimPolicy]: 'Delete' },
    },
    spec: {
      persistentVolumeReclaimPolicy: 'Retain',
      ...(claimRef === undefined ? {} : { claimRef }),
    },
    status: { phase },
  });

/** The claim that takes the volume over. */
export const newClaim = (namespace: string, phase: 'Bound' | 'Pending' = 'Bound'): Stored<Claim> =>
  make.claim({
    metadata: { namespace, uid: 'new-uid', finalizers: [finalizers.claim] },
    spec: { volumeName: 'pv-1' },
    status: { phase },
  });
