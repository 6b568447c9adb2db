import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { annotations, DRAINED, finalizers, labels } from '../../src/api/names.ts';
import { hasFinalizer, type Stored } from '../../src/api/object.ts';

/**
 * Whose is the claim that has the name of a binding's? Its marks are label, admission-id and our
 * finalizer; its uid counts as soon as the binding has learned it.
 */
export type ClaimIdentity =
  | { is: 'absent' }
  /** Made with this binding, or the one that takes the volume over which it rescues; all marks are on it. */
  | { is: 'ours'; claim: Stored<Claim> }
  /** Ours, drained and let go: `onSuccess: Retain`. */
  | { is: 'retained'; claim: Stored<Claim> }
  /** Ours by its uid; marks were taken off it. */
  | { is: 'stripped'; claim: Stored<Claim> }
  /** Marks are missing, and its uid does not say that it is ours, nor that it is not. */
  | { is: 'doubtful'; claim: Stored<Claim> }
  /** Another one that has the name: ours is gone. */
  | { is: 'stranger'; claim: Stored<Claim> };

/** Whose the claim is. Pure. */
export function claimIdentity(
  claim: Stored<Claim> | undefined,
  binding: Stored<Binding>,
): ClaimIdentity {
  if (claim === undefined) return { is: 'absent' };
  const { uid } = binding.spec.pvc;
  const isKnown = claim.metadata.uid === uid;
  if (uid !== '' && !isKnown && !takesOver(claim, binding)) return { is: 'stranger', claim };
  if (isOfAdmission(claim, binding)) {
    if (hasFinalizer(claim, finalizers.claim)) return { is: 'ours', claim };
    if (claim.metadata.labels?.[labels.state] === DRAINED) return { is: 'retained', claim };
  }
  return { is: isKnown ? 'stripped' : 'doubtful', claim };
}

/** The claim where it is ours beyond doubt, whatever marks are on it. */
export function ownClaim(
  claim: Stored<Claim> | undefined,
  binding: Stored<Binding>,
): Stored<Claim> | undefined {
  const identity = claimIdentity(claim, binding);
  switch (identity.is) {
    case 'ours':
    case 'retained':
    case 'stripped':
      return identity.claim;
    case 'absent':
    case 'doubtful':
    case 'stranger':
      return undefined;
    default:
      throw new Error(`no such identity: ${JSON.stringify(identity satisfies never)}`);
  }
}

/** Is the claim of the binding gone for good, whatever has its name now? */
export function isLost({ is }: ClaimIdentity): boolean {
  return is === 'absent' || is === 'stranger';
}

/** Has it the volume that the binding rescues? */
function takesOver({ spec }: Stored<Claim>, { spec: { rescue } }: Binding): boolean {
  return rescue !== undefined && spec.volumeName === rescue.volumeName;
}

function isOfAdmission({ metadata }: Stored<Claim>, binding: Stored<Binding>): boolean {
  const id = annotations.admissionId;
  return (
    metadata.labels?.[labels.binding] === binding.metadata.name &&
    metadata.annotations?.[id] === binding.metadata.annotations?.[id]
  );
}
