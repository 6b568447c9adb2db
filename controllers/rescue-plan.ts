import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import { isTrue } from '../src/api/condition.ts';
import { API_VERSION, finalizers } from '../src/api/names.ts';
import { hasFinalizer, isDeleting, type Stored } from '../src/api/object.ts';
import type { Volume } from '../src/api/volume.ts';
import { withoutFinalizer } from '../src/core/finalizer.ts';
import type { EventWrite, Plan, Write } from '../src/core/plan.ts';
import {
  handOver,
  isKept,
  keepVolume,
  rescueClaim,
  type RescueBinding,
} from '../src/core/rescue.ts';
import { bindingRef, claimRef, ending, isOurs, isOwn } from './binding-facts.ts';
import { unknown, type DrainFacts } from './drain-report.ts';
import { moving, rescued, taken, volumeLost } from './rescue-report.ts';
import { refused, type JobRefusal } from './stalled-drain.ts';

/**
 * Brings a volume to a claim that can be drained, where the claim that the Pod wrote to was deleted,
 * or its namespace was. Which step it is at stands in volume and claims, not in the binding, so that
 * a crash between any two writes changes nothing (docs/rescue.md).
 *
 *     volume not marked ──> label of ours, policy Retain, the policy it had in an annotation
 *     old claim is there ──> our finalizer off; it goes when no Pod names it
 *     old claim is gone ──> claimRef: the new claim, by name ──> new claim, by the volume's name
 *     new claim is bound ──> drained as any other; at the end the volume gets its policy back
 *
 * The claimRef is never empty: a volume that is free is taken by any stranger's claim.
 */
export interface RescueObservation extends DrainFacts {
  binding: RescueBinding;
  /** The claim that has the name now, the old one included; asked live where the cache has none. */
  claim: Stored<Claim> | undefined;
  /** Read live. */
  volume: Stored<Volume> | undefined;
  /** Why the API server did not take the new claim. */
  refusal: JobRefusal | undefined;
}

/** Has the binding a rescue to do before its claim can be drained? */
export function isRescuing(
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
): binding is RescueBinding {
  if (binding.spec.rescue === undefined) return false;
  return (
    claim === undefined ||
    !isNew(claim, binding as RescueBinding) ||
    claim.status?.phase !== 'Bound' ||
    !isTrue(binding.status?.conditions, 'Rescued')
  );
}

/** The volume of a claim that is gone, or goes: found by what the claim said of it. */
export function volumeToRescue(
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
): string | undefined {
  const own = claim !== undefined && isOwn(claim, binding) ? claim.spec.volumeName : undefined;
  return binding.spec.rescue?.volumeName ?? own ?? binding.status?.volumeName;
}

/** The claim of a binding is gone, or goes, in a namespace that lives: the rescue begins. Pure. */
export function beginRescue(
  { binding }: DrainFacts,
  volume: Stored<Volume> | undefined,
): Plan | undefined {
  const { metadata, spec } = binding;
  const user = volume?.spec.claimRef;
  // The volume of that very claim: another one's is not ours to touch.
  if (volume === undefined || spec.pvc.uid === '' || user?.uid !== spec.pvc.uid) return undefined;
  const { namespace = '', name, uid, resourceVersion } = metadata;
  const rescue = {
    namespace,
    pvc: spec.pvc,
    volumeName: volume.metadata.name,
    podOver: true,
  };
  const event: EventWrite = {
    verb: 'event',
    regarding: { apiVersion: API_VERSION, kind: 'FluentPVCBinding', namespace, name, uid },
    type: 'Warning',
    reason: 'VolumeRescued',
    action: 'Rescue',
    note:
      `PVC "${spec.pvc.name}" was deleted before it was drained. Its PersistentVolume ` +
      `"${volume.metadata.name}" is kept and drained by a new PVC of that name.`,
  };
  const body = { metadata: { resourceVersion }, spec: { rescue } };
  return {
    writes: [{ verb: 'patch', ref: bindingRef(binding), type: 'merge', body }, event],
    reason: 'the claim was deleted before it was drained; its volume is rescued',
  };
}

/** The next step of a rescue. Pure. */
export function rescuePlan(observation: RescueObservation): Plan {
  const { binding, claim, volume } = observation;
  if (volume === undefined) {
    if (isDeleting(binding)) {
      return {
        writes: ending(binding),
        reason: 'the volume is lost, which somebody has acknowledged',
      };
    }
    return volumeLost(observation);
  }
  if (!isForUs(volume, binding)) return taken(observation, volume);
  if (!isKept(volume, binding)) {
    return moving(observation, [keepVolume(volume, binding)], 'the volume is kept');
  }
  if (claim === undefined) return withoutClaim(observation, volume);
  if (!isNew(claim, binding)) return withOldClaim(observation, claim);
  if (!isOurs(claim, binding)) {
    return unknown(
      observation,
      'PVCNotOurs',
      `PVC "${claim.metadata.name}" is not ours and has the name of the one that is to take ` +
        `PersistentVolume "${volume.metadata.name}" over: delete it. The volume is kept.`,
    );
  }
  if (claim.status?.phase !== 'Bound') return moving(observation, [], 'the volume is being bound');
  return bound(observation, claim);
}

/** Is it another claim than the one that the Pod wrote to, and does it stay? */
function isNew(claim: Stored<Claim>, { spec: { rescue } }: RescueBinding): boolean {
  return claim.metadata.uid !== rescue.pvc.uid && !isDeleting(claim);
}

/** Does the volume name a claim of this rescue? Names of different admissions differ. */
function isForUs(volume: Stored<Volume>, binding: RescueBinding): boolean {
  const { namespace, pvc } = binding.spec.rescue;
  const { claimRef: user } = volume.spec;
  const isOld = user?.namespace === namespace && user.name === pvc.name;
  return isOld || isForNew(volume, binding);
}

/** Does it name the one that takes it over? In place, the old one has the same name. */
function isForNew({ spec }: Stored<Volume>, { metadata, spec: { pvc } }: RescueBinding): boolean {
  return spec.claimRef?.namespace === metadata.namespace && spec.claimRef?.name === pvc.name;
}

function withOldClaim(observation: RescueObservation, claim: Stored<Claim>): Plan {
  const { binding } = observation;
  const writes: Write[] = hasFinalizer(claim, finalizers.claim)
    ? [withoutFinalizer(claimRef(binding), claim, finalizers.claim)]
    : [];
  return moving(observation, writes, 'the old claim goes');
}

function withoutClaim(observation: RescueObservation, volume: Stored<Volume>): Plan {
  const { binding, refusal } = observation;
  if (!isForNew(volume, binding) || volume.spec.claimRef?.uid !== undefined) {
    // Until the volume controller has seen its claim go, it would set it right again.
    const writes = volume.status?.phase === 'Bound' ? [] : [handOver(volume, binding)];
    return moving(observation, writes, 'the volume changes over');
  }
  const create: Write = { verb: 'create', object: rescueClaim(volume, binding) };
  if (refusal === undefined) return moving(observation, [create], 'the volume gets a new claim');
  const { writes, reason } = refused(observation, refusal, 'the new PVC');
  return { writes: [...writes, create], reason };
}

/** The new claim has the volume: from now on it is drained as any other. */
function bound(observation: RescueObservation, claim: Stored<Claim>): Plan {
  const { binding } = observation;
  const { spec, metadata } = binding;
  const { resourceVersion } = metadata;
  if (spec.pvc.uid === '') {
    const pvc = { name: spec.pvc.name, uid: claim.metadata.uid };
    const body = { metadata: { resourceVersion }, spec: { pvc } };
    return {
      writes: [{ verb: 'patch', ref: bindingRef(binding), type: 'merge', body }],
      reason: 'the new claim is known',
    };
  }
  return rescued(observation);
}
