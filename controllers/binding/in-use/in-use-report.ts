import type { Binding, BindingStatus } from '../../../src/api/binding.ts';
import { getCondition, isTrue } from '../../../src/api/condition.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import type { EventWrite, Plan } from '../../../src/core/plan.ts';
import { withWarning } from '../binding-event.ts';
import { statusPlan, type BindingCondition, type StatusChange } from '../binding-facts.ts';
import { identityWrite, volumeField } from '../first-seen.ts';

/*
 * What a binding says of its Pod while that was not known to be over.
 */

/** What a report is made from. */
export interface InUseFacts {
  now: number;
  binding: Stored<Binding>;
  /** Uid of the claim, as far as it is known and its identity was checked. */
  claimUid: string | undefined;
  /** The volume that it is bound to, as far as it is known. */
  volumeName: string | undefined;
}

/**
 * The Pod is over: from now on the claim is drained. Of a Pod that ended before it was looked at, or
 * was never seen, this is the last chance to learn the claim before somebody may take it away.
 */
export function over(
  observation: InUseFacts,
  pod: Stored<Pod> | undefined,
  reason: string,
  what: string,
): Plan {
  const { binding, volumeName } = observation;
  const seen = learned(observation, pod);
  if (seen !== undefined) return seen;
  const message = `Pod "${binding.spec.pod.name}" ${what}.`;
  const conditions: BindingCondition[] = [
    { type: 'OutOfUse', status: 'True', reason, message },
    { type: 'Ready', status: 'False', reason, message },
  ];
  if (isTrue(binding.status?.conditions, 'WriterMayBeAlive')) conditions.push(writerKnown(message));
  const nodeName = pod?.spec.nodeName;
  const fields = { ...(nodeName === undefined ? {} : { nodeName }), ...volumeField(volumeName) };
  return statusPlan(observation, 'the Pod is over', conditions, fields);
}

/** Does the plan record `OutOfUse`? */
export function saysOver({ writes }: Plan): boolean {
  return writes.some((write) => {
    if (write.verb !== 'patch' || write.subresource !== 'status') return false;
    const { status } = write.body as { status?: Pick<BindingStatus, 'conditions'> };
    return isTrue(status?.conditions, 'OutOfUse');
  });
}

/**
 * The Pod's containers may run, although they should not. An Event tells it when it is said first,
 * and when it becomes the turn of people.
 */
export function suspected(
  observation: InUseFacts,
  { reason, message }: { reason: string; message: string },
  others: readonly BindingCondition[],
  fields: StatusChange,
): Plan {
  const { binding } = observation;
  const known = getCondition(binding.status?.conditions, 'WriterMayBeAlive');
  const plan = statusPlan(
    observation,
    'the writer may be alive',
    [...others, { type: 'WriterMayBeAlive', status: 'True', reason, message }],
    fields,
  );
  const isNews =
    known?.status !== 'True' || (PEOPLES_TURN.includes(reason) && known.reason !== reason);
  // A node that was never learned is only waited for: it is nobody's turn.
  if (!isNews || reason === 'NodeUnknown') return plan;
  return withWarning(plan, binding, { reason: 'WriterMayBeAlive', action: 'Wait', note: message });
}

/** Reasons why nothing ends the doubt but people. */
const PEOPLES_TURN = ['NodeNotReady', 'NodeWithoutLease'];

/** There is no doubt any more whether the Pod's containers run. */
export function writerKnown(message: string): BindingCondition {
  return { type: 'WriterMayBeAlive', status: 'False', reason: 'WriterStopped', message };
}

/**
 * Pod and claim as first seen; they never change once they are known. `undefined` where they are.
 * It is told on the Pod, whose author may not know the binding.
 */
export function learned(
  { binding, claimUid }: InUseFacts,
  pod: Stored<Pod> | undefined,
): Plan | undefined {
  const identity = pod && { name: pod.metadata.name, uid: pod.metadata.uid };
  const patch = identityWrite(binding, { pod: identity, claimUid });
  if (patch === undefined) return undefined;
  const isNew = pod !== undefined && binding.spec.pod.uid === '';
  return {
    writes: isNew ? [patch, injectedEvent(binding, pod)] : [patch],
    reason: pod === undefined ? 'the claim was seen' : 'the Pod was seen',
  };
}

function injectedEvent({ spec }: Binding, pod: Stored<Pod>): EventWrite {
  const { namespace = '', name, uid } = pod.metadata;
  const sidecar = spec.sidecar === undefined ? '' : ` and sidecar "${spec.sidecar.name}"`;
  return {
    verb: 'event',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type: 'Normal',
    reason: 'Injected',
    action: 'Inject',
    note: `PVC "${spec.pvc.name}"${sidecar} of FluentPVC "${spec.fluentPVC.name}" were put into the Pod.`,
  };
}
