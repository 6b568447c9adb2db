import type { BindingConditionType } from '../src/api/binding.ts';
import { isTrue } from '../src/api/condition.ts';
import type { Stored } from '../src/api/object.ts';
import type { Volume } from '../src/api/volume.ts';
import type { Plan, Write } from '../src/core/plan.ts';
import type { RescueBinding } from '../src/core/rescue.ts';
import { statusPlan, type BindingCondition } from './binding-facts.ts';
import { stalled, unknown, type DrainFacts } from './drain-report.ts';

/*
 * What the status of a binding says of its rescue.
 */

/** What a report is made from. */
export interface RescueFacts extends DrainFacts {
  binding: RescueBinding;
}

/** Volumes are not watched; this is only while one changes over. */
export const VOLUME_AGAIN_MS = 2_000;

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
  return { writes: [...writes, ...steps], requeueAfterMs: VOLUME_AGAIN_MS, reason };
}

/** The new claim has the volume: from now on it is drained as any other. */
export function rescued(observation: RescueFacts): Plan {
  const { metadata, spec } = observation.binding;
  const message =
    `PersistentVolume "${spec.rescue.volumeName}" of PVC "${spec.rescue.pvc.name}" in namespace ` +
    `"${spec.rescue.namespace}", which was deleted before it was drained, is PVC "${spec.pvc.name}" ` +
    `in namespace "${metadata.namespace ?? ''}" now.`;
  return statusPlan(observation, 'the volume is rescued', [
    ...podOver(observation.binding),
    { type: 'Rescued', status: 'True', reason: 'VolumeBound', message },
    ...overcome(observation.binding, message),
  ]);
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
  return stalled(
    observation,
    'VolumeTaken',
    `PersistentVolume "${volume.metadata.name}" names PVC "${name}" in namespace "${namespace}", which ` +
      `is not ours: it is left alone. Set its claimRef to PVC "${spec.pvc.name}" in namespace ` +
      `"${metadata.namespace ?? ''}" again, without a uid, and it is drained.`,
  );
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
