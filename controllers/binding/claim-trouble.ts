import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { annotations, finalizers } from '../../src/api/names.ts';
import { isDeleting, type Stored } from '../../src/api/object.ts';
import { claimIdentity } from './claim-identity.ts';

/*
 * Claims that cannot be drained, and what people can do about each: the operator cannot go on by
 * itself. What it says ends with the binding, which somebody deletes to acknowledge the loss.
 */

/** Why a claim cannot be drained: for programs, and for people. */
export interface ClaimTrouble {
  reason: 'PVCLost' | 'PVCNotOurs' | 'PVCDeleted';
  message: string;
}

/** What keeps the claim from being drained; `undefined` where nothing does. */
export function claimTrouble(
  claim: Stored<Claim> | undefined,
  binding: Stored<Binding>,
): ClaimTrouble | undefined {
  const { name } = binding.spec.pvc;
  const acknowledge = `kubectl delete fpvcb ${binding.metadata.name}`;
  const identity = claimIdentity(claim, binding);
  switch (identity.is) {
    case 'absent': {
      const message =
        `PVC "${name}" is gone before it was drained. Its PersistentVolume may still be there, if its ` +
        `reclaim policy is Retain. Acknowledge the loss: ${acknowledge}.`;
      return { reason: 'PVCLost', message };
    }
    case 'stranger': {
      const message =
        `PVC "${name}" is not the one that was made for the Pod, which is gone before it was drained: ` +
        `it is left alone. Acknowledge the loss: ${acknowledge}.`;
      return { reason: 'PVCNotOurs', message };
    }
    case 'stripped':
    case 'doubtful':
    case 'retained': {
      const message =
        `PVC "${name}" has not the label, finalizer and annotation that it was made with: it is left ` +
        `alone. Restore them, and it is drained; or, to give its data up, take the finalizer ` +
        `${finalizers.claim} off it, delete it, and acknowledge the loss: ${acknowledge}.`;
      return { reason: 'PVCNotOurs', message };
    }
    case 'ours':
      return troubleOfOurs(identity.claim, binding);
    default:
      throw new Error(`no such identity: ${JSON.stringify(identity satisfies never)}`);
  }
}

function troubleOfOurs(
  { metadata, status }: Stored<Claim>,
  binding: Stored<Binding>,
): ClaimTrouble | undefined {
  const { name, uid } = metadata;
  const giveUp =
    `to give its data up, kubectl annotate fpvcb ${binding.metadata.name} ` +
    `${annotations.release}=${uid}.`;
  if (status?.phase === 'Lost') {
    const message = `PVC "${name}" has lost its volume. Bring its PersistentVolume back, and it is drained; or, ${giveUp}`;
    return { reason: 'PVCLost', message };
  }
  if (isDeleting({ metadata })) {
    const message =
      `PVC "${name}" was deleted before it was drained. Our finalizer keeps it and its data, but no ` +
      `Pod can mount a claim that is being deleted, and its PersistentVolume cannot be rescued (it is ` +
      `gone, or goes, or the operator runs with --disable-rescue). Save what is on it; then, ${giveUp}`;
    return { reason: 'PVCDeleted', message };
  }
  return undefined;
}
