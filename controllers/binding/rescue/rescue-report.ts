import type { BindingConditionType } from '../../../src/api/binding.ts';
import { getCondition, isTrue } from '../../../src/api/condition.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Volume } from '../../../src/api/volume.ts';
import type { Plan, Write } from '../../../src/core/plan.ts';
import type { RescueBinding } from '../../../src/core/rescue.ts';
import { statusPlan, type BindingCondition } from '../binding-facts.ts';
import { stalled, unknown, type DrainFacts } from '../drain/drain-report.ts';

/*
 * What the status of a binding says of its rescue.
 */

/** What a report is made from. */
export interface RescueFacts extends DrainFacts {
  binding: RescueBinding;
}

/** Volumes are not watched: how often one is looked at that is about to change over, in ms. */
const VOLUME_AGAIN_MS = 2_000;
/** And one for which that takes long, or for which somebody has to do something. */
const SLOW_AGAIN_MS = 30_000;
/** It takes long from then on. */
const SOON_MS = 120_000;

/** A step, and what the status says meanwhile. */
export function moving(observation: RescueFacts, steps: readonly Write[], reason: string): Plan {
  const { binding } = observation;
  const { rescue, pvc } = binding.spec;
  const message =
    `PersistentVolume "${rescue.volumeName}" changes over from PVC "${rescue.pvc.name}" in namespace ` +
    `"${rescue.namespace}", which was deleted before it was drained, to PVC "${pvc.name}" here.`;
  const { writes } = statusPlan(observation, reason, [
    ...podOver(binding),
    { type: 'Rescued', status: 'False', reason: 'VolumeMoving', message },
    ...overcome(binding, message),
  ]);
  const since = getCondition(binding.status?.conditions, 'Rescued');
  const isSlow =
    since?.status === 'False' && observation.now - Date.parse(since.lastTransitionTime) > SOON_MS;
  const requeueAfterMs = isSlow ? SLOW_AGAIN_MS : VOLUME_AGAIN_MS;
  return { writes: [...writes, ...steps], requeueAfterMs, reason };
}

/** The new claim has the volume: from now on it is drained as any other. */
export function rescued(observation: RescueFacts): Plan {
  const { metadata, spec } = observation.binding;
  const message =
    `PersistentVolume "${spec.rescue.volumeName}" of PVC "${spec.rescue.pvc.name}" in namespace ` +
    `"${spec.rescue.namespace}", which was deleted before it was drained, is PVC "${spec.pvc.name}" ` +
    `in namespace "${metadata.namespace ?? ''}" now.`;
  const plan = statusPlan(observation, 'the volume is rescued', [
    ...podOver(observation.binding),
    { type: 'Rescued', status: 'True', reason: 'VolumeBound', message },
    ...overcome(observation.binding, message),
  ]);
  return { ...plan, outcome: { kind: 'rescue', fluentPVC: spec.fluentPVC.name, step: 'done' } };
}

/** It is gone, and what was on it. */
export function volumeLost(observation: RescueFacts): Plan {
  const { metadata, spec } = observation.binding;
  return unknown(
    observation,
    'VolumeLost',
    `PersistentVolume "${spec.rescue.volumeName}" is gone before it was drained. Acknowledge the loss: ` +
      `kubectl delete fpvcb ${metadata.name}.`,
  );
}

/** It is in the hands of a claim that is not ours. */
export function taken(observation: RescueFacts, volume: Stored<Volume>): Plan {
  const { namespace = '', name = '' } = volume.spec.claimRef ?? {};
  const { metadata, spec } = observation.binding;
  const message =
    `PersistentVolume "${volume.metadata.name}" names PVC "${name}" in namespace "${namespace}", which ` +
    `is not ours: it is left alone. Set its claimRef to PVC "${spec.pvc.name}" in namespace ` +
    `"${metadata.namespace ?? ''}" again, without a uid, and it is drained.`;
  return { ...stalled(observation, 'VolumeTaken', message), requeueAfterMs: SLOW_AGAIN_MS };
}

/** Somebody else's claim has the name of the one that is to take the volume over. */
export function nameTaken(observation: RescueFacts, volume: Stored<Volume>): Plan {
  const message =
    `PVC "${observation.binding.spec.pvc.name}" is not ours and has the name of the one that is to take ` +
    `PersistentVolume "${volume.metadata.name}" over: delete it. The volume is kept.`;
  return { ...unknown(observation, 'PVCNotOurs', message), requeueAfterMs: SLOW_AGAIN_MS };
}

/** Once its claim is gone the volume goes, too: nothing is done that would let it. */
export function volumeGoes(observation: RescueFacts, volume: Stored<Volume>): Plan {
  const { binding } = observation;
  const { name } = volume.metadata;
  const message =
    `PersistentVolume "${name}" is being deleted${handleOf(volume)}: it goes with its PVC, which our ` +
    `finalizer keeps where it is there. Save what is on it; then, ` +
    `kubectl annotate fpvcb ${binding.metadata.name} ${annotations.release}=${binding.spec.rescue.pvc.uid}.`;
  return { ...unknown(observation, 'VolumeDeleted', message), requeueAfterMs: SLOW_AGAIN_MS };
}

/** Where the storage itself is found. */
export function handleOf({ spec: { csi } }: Stored<Volume>): string {
  return csi === undefined ? '' : ` (${csi.driver}: ${csi.volumeHandle})`;
}

/** The claim that the Pod wrote to is there, and nobody has deleted it. */
export function oldClaimStays(observation: RescueFacts): Plan {
  const message =
    `PVC "${observation.binding.spec.rescue.pvc.name}", which was to go, is there again: it is left ` +
    `alone. Delete it, and its volume is drained by another one.`;
  return { ...unknown(observation, 'PVCNotOurs', message), requeueAfterMs: SLOW_AGAIN_MS };
}

/** The rescue was begun, and may not go on. */
export function rescueDisabled(observation: RescueFacts): Plan {
  const message =
    `PersistentVolume "${observation.binding.spec.rescue.volumeName}" is kept, and this operator runs with ` +
    `--disable-rescue: run it without that, and the volume is drained.`;
  return stalled(observation, 'RescueDisabled', message);
}

/** A binding that goes on elsewhere has not seen the Pod itself. */
function podOver({ status, spec }: RescueBinding): BindingCondition[] {
  if (!spec.rescue.podOver || isTrue(status?.conditions, 'OutOfUse')) return [];
  const message = `Pod "${spec.pod.name}" was over before the rescue began.`;
  return [{ type: 'OutOfUse', status: 'True', reason: 'PodOver', message }];
}

const WHAT_A_STEP_ENDS = ['Unknown', 'DrainStalled'] as const satisfies BindingConditionType[];

function overcome({ status }: RescueBinding, message: string): BindingCondition[] {
  return WHAT_A_STEP_ENDS.filter((type) => isTrue(status?.conditions, type)).map((type) => ({
    type,
    status: 'False',
    reason: 'VolumeRescued',
    message,
  }));
}
