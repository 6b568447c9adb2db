import type { Binding, RescueRecord } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { isDeleting, type Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { withWarning } from '../binding-event.ts';
import { bindingRef } from '../binding-facts.ts';
import { claimIdentity, isLost, ownClaim } from '../claim-identity.ts';
import type { DrainFacts } from '../drain/drain-report.ts';

/** The volume of a claim; `unseen`: rescue is switched off, and with it the right to look. */
export type VolumeSight = Stored<Volume> | 'absent' | 'unseen';

/** The volume of a claim that is gone, or goes: found by what the claim said of it. */
export function volumeToRescue(
  binding: Stored<Binding>,
  claim: Stored<Claim> | undefined,
): string | undefined {
  const own = ownClaim(claim, binding)?.spec.volumeName;
  return binding.spec.rescue?.volumeName ?? own ?? binding.status?.volumeName;
}

/** The claim of a binding is gone, or goes, in a namespace that lives: the rescue begins. Pure. */
export function beginRescue({ binding, claim }: DrainFacts, volume: VolumeSight): Plan | undefined {
  const { metadata, spec } = binding;
  // A claim that is there and only changed is left alone, and so is a volume that goes with its claim.
  const isLeft =
    isLost(claimIdentity(claim, binding)) || (claim !== undefined && isDeleting(claim));
  if (!isLeft || spec.rescue !== undefined) return undefined;
  if (volume === 'absent' || volume === 'unseen' || isDeleting(volume)) return undefined;
  // The volume of that very claim: another one's is not ours to touch.
  if (spec.pvc.uid === '' || volume.spec.claimRef?.uid !== spec.pvc.uid) return undefined;
  const rescue: RescueRecord = {
    namespace: metadata.namespace ?? '',
    pvc: spec.pvc,
    volumeName: volume.metadata.name,
    podOver: true,
  };
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { rescue } };
  const plan: Plan = {
    writes: [{ verb: 'patch', ref: bindingRef(binding), type: 'merge', body }],
    reason: 'the claim was deleted before it was drained; its volume is rescued',
    outcome: { kind: 'rescue', fluentPVC: spec.fluentPVC.name, step: 'begun' },
  };
  return withWarning(plan, binding, {
    reason: 'VolumeRescued',
    action: 'Rescue',
    note:
      `PVC "${spec.pvc.name}" was deleted before it was drained. Its PersistentVolume ` +
      `"${volume.metadata.name}" is kept and drained by a new PVC of that name.`,
  });
}
