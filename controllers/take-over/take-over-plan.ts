import { MAX_SNAPSHOT_LENGTH, type Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isTrue, rfc3339 } from '../../src/api/condition.ts';
import type { FluentPVC, OperatorDefaults } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, labels, MAX_LABEL_LENGTH } from '../../src/api/names.ts';
import { isOwnedBy, keyOf, type ObjectKey, type Stored } from '../../src/api/object.ts';
import { mountsClaim, type Pod } from '../../src/api/pod.ts';
import { buildTakenOverBinding } from '../../src/core/build.ts';
import type { PatchWrite } from '../../src/core/plan.ts';
import {
  bindingRef,
  isTakenOver,
  statusWrite,
  type BindingCondition,
} from '../binding/binding-facts.ts';
import { claimWrite } from './take-over-claim.ts';

/**
 * What the original operator left gets what this program knows its own objects by, so that their
 * controllers finish it. Its objects have neither our labels nor `admission-id`; finalizers, owners
 * and the words of the conditions are the same (docs/take-over.md).
 *
 *     claim    labels, admission-id, no owner        found by: our finalizer, no label
 *     Job      labels, admission-id                  found by: its owner, no label
 *     binding  labels, admission-id, and in the same write sidecar and snapshot
 *                                                    found by: no admission-id, or no sidecar yet
 *
 * Each write stands for itself and is found missing by the next start, whatever a crash left out.
 * The admission-id is the uid of the claim, so that all of them come to the same one.
 */
export interface LeftObservation {
  now: number;
  /** All there are, without snapshot. */
  bindings: readonly Stored<Binding>[];
  /** Those without our label that have our finalizer or a binding of their name. */
  claims: readonly Stored<Claim>[];
  /** Those without our label that a binding owns. */
  jobs: readonly Stored<Job>[];
  /** Those with a binding label, whole; needed only where a binding {@link isIncomplete}. */
  pods: readonly Stored<Pod>[];
  /** By name; what they leave out is settled. */
  fluentPVCs: ReadonlyMap<string, Stored<FluentPVC>>;
  defaults: OperatorDefaults;
}

export interface TakeOver {
  /** Of one object each, or of one binding twice, one after the other. */
  steps: readonly (readonly PatchWrite[])[];
  /** What only people can finish, and how. */
  notes: readonly string[];
}

/** A binding of the original that has not got all it needs. Ours always have a sidecar. */
export function isIncomplete(binding: Stored<Binding>): boolean {
  return isOriginals(binding) && binding.spec.sidecar === undefined;
}

/** What to write to what the original operator left, and nothing a second time. Pure. */
export function takeOverPlan(observation: LeftObservation): TakeOver {
  const { now, claims, jobs } = observation;
  const bindings = new Map(
    observation.bindings.map((binding): [ObjectKey, Stored<Binding>] => [
      keyOf(binding.metadata),
      binding,
    ]),
  );
  const steps: PatchWrite[][] = [];
  const notes: string[] = [];
  for (const claim of claims) {
    const binding = bindings.get(keyOf(claim.metadata));
    // A claim that has the name of a binding of ours, or of another claim's, is nobody's.
    if (binding !== undefined && !(isOriginals(binding) && isClaimOf(claim, binding))) continue;
    const outcome = claimWrite(claim, binding, now);
    if (typeof outcome === 'string') notes.push(outcome);
    else if (outcome !== undefined) steps.push([outcome]);
  }
  for (const job of jobs) {
    const binding = bindings.get(keyOf(job.metadata));
    if (binding !== undefined && isOwnedBy(job, binding) && isOriginals(binding)) {
      steps.push([jobWrite(job, binding, now)]);
    }
  }
  for (const binding of bindings.values()) {
    if (!isIncomplete(binding)) continue;
    const { namespace = '', name } = binding.metadata;
    if (name.length > MAX_LABEL_LENGTH) {
      notes.push(
        `FluentPVCBinding "${namespace}/${name}" has a name that no label can hold: no Pod was ever ` +
          `admitted with it. Delete it and PVC "${binding.spec.pvc.name}", with their finalizers.`,
      );
      continue;
    }
    const { writes, note } = completion(observation, binding);
    if (writes.length > 0) steps.push(writes);
    if (note !== undefined) notes.push(note);
  }
  return { steps, notes };
}

/** The bindings that the original made have no admission-id, until they are taken over. */
function isOriginals(binding: Stored<Binding>): boolean {
  return (
    binding.metadata.annotations?.[annotations.admissionId] === undefined || isTakenOver(binding)
  );
}

/** The original made the claim first, and knew its uid. */
function isClaimOf({ metadata }: Stored<Claim>, { spec }: Stored<Binding>): boolean {
  return metadata.name === spec.pvc.name && metadata.uid === spec.pvc.uid;
}

/** Its Pods get no label: the template of a Job cannot change. */
function jobWrite(job: Stored<Job>, binding: Stored<Binding>, now: number): PatchWrite {
  const { namespace, name, uid } = job.metadata;
  return {
    verb: 'patch',
    ref: { kind: 'Job', namespace, name },
    type: 'merge',
    body: {
      metadata: {
        uid,
        labels: {
          [labels.fluentPVC]: binding.spec.fluentPVC.name,
          [labels.finalizerJobOf]: binding.metadata.name,
        },
        annotations: {
          [annotations.admissionId]: binding.spec.pvc.uid,
          [annotations.takenOver]: rfc3339(now),
        },
      },
    },
  };
}

function completion(
  { now, pods, jobs, fluentPVCs, defaults }: LeftObservation,
  binding: Stored<Binding>,
): { writes: PatchWrite[]; note?: string } {
  const { namespace = '', name, uid } = binding.metadata;
  const fluentPVC = fluentPVCs.get(binding.spec.fluentPVC.name);
  const key = keyOf(binding.metadata);
  // Once: what is said afterwards is ours.
  const doubted = isTakenOver(binding) ? [] : doubts(binding, jobs);
  const status = doubted.length === 0 ? undefined : statusWrite(binding, now, doubted);
  const first = status === undefined ? [] : [status];
  const patch = (body: object): PatchWrite[] => [
    ...first,
    // By uid and not by version: what comes first has changed that.
    { verb: 'patch', ref: bindingRef(binding), type: 'merge', body },
  ];
  const pod = pods.find(
    (one) =>
      one.metadata.namespace === namespace &&
      one.metadata.labels?.[labels.binding] === name &&
      mountsClaim(one, binding.spec.pvc.name),
  );
  const admission = { name, namespace, id: binding.spec.pvc.uid };
  const made =
    fluentPVC && buildTakenOverBinding(rfc3339(now), admission, fluentPVC, pod ?? NOBODY, defaults);
  if (made !== undefined && (made.spec.snapshot ?? '').length <= MAX_SNAPSHOT_LENGTH) {
    // Who belongs together is known already.
    const { sidecar, terminationGracePeriodSeconds, finalization, snapshot } = made.spec;
    const { labels: own, annotations: marks } = made.metadata;
    const spec = {
      sidecar,
      ...(terminationGracePeriodSeconds === undefined ? {} : { terminationGracePeriodSeconds }),
      finalization,
      snapshot,
    };
    return { writes: patch({ metadata: { uid, labels: own, annotations: marks }, spec }) };
  }
  const why =
    fluentPVC === undefined
      ? `its FluentPVC "${binding.spec.fluentPVC.name}" is not there: bring it back`
      : `its FluentPVC "${binding.spec.fluentPVC.name}" takes more than ${MAX_SNAPSHOT_LENGTH} bytes ` +
        `as JSON: move what is long into a ConfigMap`;
  const note = `FluentPVCBinding "${key}" cannot be drained, for ${why}, and restart the controllers.`;
  // Once: with it the binding says so itself when its Pod is over.
  if (isTakenOver(binding)) return { writes: [], note };
  const own = {
    labels: { [labels.fluentPVC]: binding.spec.fluentPVC.name, [labels.binding]: name },
    annotations: {
      [annotations.admissionId]: binding.spec.pvc.uid,
      [annotations.takenOver]: rfc3339(now),
    },
  };
  return { writes: patch({ metadata: { uid, ...own } }), note };
}

const NOBODY: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [] } };

/** What the original said and never takes back, or said on weaker evidence than we ask for. */
function doubts(binding: Stored<Binding>, jobs: readonly Stored<Job>[]): BindingCondition[] {
  const conditions = binding.status?.conditions;
  const said: BindingCondition[] = [];
  const message = 'Taken over from the original operator: it is looked at again.';
  const doubt = (type: 'Unknown' | 'OutOfUse'): void => {
    if (isTrue(conditions, type))
      said.push({ type, status: 'False', reason: 'TakenOver', message });
  };
  // It never leaves that state. While it is said, people may delete the binding.
  doubt('Unknown');
  // That the Pod was not in its cache, or in a final phase, with containers that may still run. Where
  // its Job is at work already, that is done.
  const begun = (
    ['FinalizerJobApplied', 'FinalizerJobSucceeded', 'FinalizerJobFailed'] as const
  ).some((type) => isTrue(conditions, type));
  if (!begun && !jobs.some((job) => isOwnedBy(job, binding))) doubt('OutOfUse');
  return said;
}
