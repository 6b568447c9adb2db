import { annotations } from '../../../src/api/names.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { withWarning } from '../binding-event.ts';
import { statusPlan } from '../binding-facts.ts';
import { overcome, type DrainFacts } from './drain-report.ts';

/*
 * Why a claim is released without a drain. Each function is the plan that says it.
 */

/** Neither Pod nor claim was ever seen. */
export function nothingCreated(observation: DrainFacts): Plan {
  const name = observation.binding.spec.pvc.name;
  const message = `Neither Pod nor PVC "${name}" was ever seen: there is nothing to drain.`;
  return statusPlan(observation, 'there was never a claim', [
    { type: 'PodMissing', status: 'True', reason: 'NothingCreated', message },
  ]);
}

/** Reason of the condition `PodMissing` of a claim that no Pod can have written to. */
export const NEVER_BOUND = 'ClaimNeverBound';

/** There never was a volume to write to. */
export function neverBound(observation: DrainFacts): Plan {
  const { binding } = observation;
  const { name } = binding.spec.pvc;
  const message =
    `PVC "${name}" never had a PersistentVolume, so no Pod has written to it: it is released without ` +
    `a drain.`;
  return statusPlan(observation, 'the claim never had a volume', [
    { type: 'PodMissing', status: 'True', reason: NEVER_BOUND, message },
    ...overcome(
      binding,
      ['FinalizerJobApplied', 'FinalizerJobFailed', 'Unknown', 'DrainStalled'],
      NEVER_BOUND,
      message,
    ),
  ]);
}

/** Somebody gave the data up: said where it can be found when the binding is gone, too. */
export function givenUp(observation: DrainFacts): Plan {
  const { binding } = observation;
  const note =
    `The annotation ${annotations.release} gives up what is on PVC "${binding.spec.pvc.name}": it ` +
    `is released without a drain.`;
  const plan = statusPlan(observation, 'the data was given up', [
    { type: 'DataGivenUp', status: 'True', reason: 'Released', message: note },
  ]);
  const warned = withWarning(plan, binding, { reason: 'DataGivenUp', action: 'Release', note });
  const fluentPVC = binding.spec.fluentPVC.name;
  return { ...warned, outcome: { kind: 'givenUp', fluentPVC, reason: 'Released' } };
}
