import type { Binding, Snapshot } from '../src/api/binding.ts';
import {
  DEFAULT_AFTER,
  type FluentPVC,
  type FluentPVCSpec,
  type OperatorDefaults,
} from '../src/api/fluentpvc.ts';
import { admissionName, annotations, isAdmissionName, labels } from '../src/api/names.ts';
import {
  createdAt,
  isDeleting,
  type ObjectMeta,
  type Stored,
  type StoredMeta,
} from '../src/api/object.ts';
import { mountsClaim, type Pod, type PodSpec } from '../src/api/pod.ts';
import { buildBinding, buildClaim, buildInjection, buildSnapshot } from '../src/core/build.ts';
import { applyOperations, inject, type Injection } from '../src/core/inject.ts';
import { override } from '../src/core/override.ts';
import { pointer, type CreateWrite, type PatchOperation } from '../src/core/plan.ts';
import { readRecord, withdraw, type InjectionRecord } from '../src/core/withdraw.ts';
import {
  notAllowed,
  notFound,
  notInjectable,
  whyTooLarge,
  whyUnfit,
  whyUnusable,
  whyVolumeMissing,
} from './pod-refusal.ts';
import { neverCompletes, reachesNobody, warningOf } from './pod-warning.ts';
import type { Answer } from './review.ts';

/** All that the decision on a Pod depends on. */
export interface PodObservation {
  /** ms since the epoch. */
  now: number;
  request: { uid: string; namespace: string };
  /** The Pod as it arrived: raw JSON. */
  pod: Pod;
  /** The FluentPVC that its label names; `undefined` where there is none, even when asked live. */
  fluentPVC: Stored<FluentPVC> | undefined;
  /** Of the Pod's namespace; only known where the FluentPVC selects by them. */
  namespaceLabels: Record<string, string> | undefined;
  /** Is there the storage class that the Pod asks for? */
  storageClassExists: boolean;
  /** Only of a Pod that arrives with the label of a binding. */
  arrival: Arrival | undefined;
  defaults: OperatorDefaults;
}

/** What there is of the binding that a Pod arrives with, read live. */
export interface Arrival {
  binding: Stored<Binding> | undefined;
  /** Does a Pod carry its label already? */
  taken: boolean;
}

/** An answer, and the two objects that must be stored before it is given. */
export interface PodPlan {
  answer: Answer;
  /** Claim and binding; stored side by side, both or none. Empty with a denial. */
  writes: readonly CreateWrite[];
}

/** An admission that is asked for again is asked for again soon, in ms. */
const SAME_ADMISSION_MS = 30_000;

/**
 * What becomes of a labelled Pod. Pure.
 *
 *     no FluentPVC, or one it may not use, or it does not fit ──> denied, nothing written
 *     came with a binding: this very admission, asked again ────> admitted as it is
 *                          any other (YAML of another Pod) ─────> what was injected is taken out, then
 *     new ──> claim and binding written ──> admitted with the patch
 */
export function podPlan(observation: PodObservation): PodPlan {
  const { pod, request, fluentPVC, defaults } = observation;
  const name = pod.metadata.labels?.[labels.fluentPVC];
  if (name === undefined) return answered({ allowed: true });
  const unfit = whyUnfit(pod);
  if (unfit !== undefined) return answered(unfit);
  if (isSameAdmission(observation)) return answered({ allowed: true });
  if (fluentPVC === undefined) return answered(notFound(name));
  const namespace = { name: request.namespace, labels: observation.namespaceLabels };
  const unusable = whyUnusable(name, fluentPVC, namespace);
  if (unusable !== undefined) return answered(unusable);
  const { spec, problems } = override(
    name,
    fluentPVC.spec,
    pod.metadata,
    observation.storageClassExists,
  );
  if (problems.length > 0) return answered(notAllowed(problems));

  const admission = {
    name: admissionName(fluentPVC.metadata, request.uid),
    namespace: request.namespace,
    id: request.uid,
  };
  const cleaned = clean(pod, fluentPVC.metadata);
  const snapshot = buildSnapshot(spec, pod.spec);
  const injection = injectionOf(spec, snapshot, admission.name, defaults);
  const injected = inject('/spec', cleaned.spec, injection);
  if (injected.outcome !== 'patch') return answered(notInjectable(name, injected));
  const missing = whyVolumeMissing(name, cleaned.spec, injection);
  if (missing !== undefined) return answered(missing);

  const binding = buildBinding(admission, { ...fluentPVC, spec }, pod, defaults, snapshot);
  const tooLarge = whyTooLarge(name, binding);
  if (tooLarge !== undefined) return answered(tooLarge);
  return {
    answer: {
      allowed: true,
      operations: [
        ...metadataOperations(pod.metadata, admission.name, recordOf(name, injection)),
        ...cleaned.operations,
        ...injected.operations,
      ],
      warnings: [
        ...injected.replaced.map((replacement) => warningOf(replacement, name)),
        ...neverCompletes(pod.spec, injection, name),
        ...reachesNobody(pod.spec, injection, name),
      ],
    },
    writes: [
      { verb: 'create', object: buildClaim(admission, { ...fluentPVC, spec }) },
      { verb: 'create', object: binding },
    ],
  };
}

function answered(answer: Answer): PodPlan {
  return { answer, writes: [] };
}

/** The API server asks again about a Pod that another webhook has changed since we did. */
function isSameAdmission({ now, pod, arrival }: PodObservation): boolean {
  const binding = arrival?.binding;
  if (binding === undefined || arrival?.taken === true || isDeleting(binding)) return false;
  const { spec } = binding;
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return (
    spec.pod.uid === '' &&
    spec.pod.name === (pod.metadata.name ?? '') &&
    spec.fluentPVC.name === pod.metadata.labels?.[labels.fluentPVC] &&
    now - createdAt(binding) < SAME_ADMISSION_MS &&
    mountsClaim(pod, spec.pvc.name) &&
    all.some(({ name }) => name === spec.sidecar?.name)
  );
}

/**
 * The Pod's spec without what an earlier admission, mostly of another Pod, put into it: also where
 * label and record were taken off, no claim of another admission stays.
 */
function clean(
  { metadata, spec }: Pod,
  fluentPVC: StoredMeta,
): { spec: PodSpec; operations: PatchOperation[] } {
  const former = metadata.labels?.[labels.binding];
  const record = readRecord(metadata.annotations?.[annotations.injected]);
  const operations = withdraw(
    '/spec',
    spec,
    record,
    (claim) => claim === former || isAdmissionName(claim, fluentPVC),
  );
  if (operations.length === 0) return { spec, operations };
  return { spec: applyOperations({ spec }, operations).spec, operations };
}

function injectionOf(
  spec: FluentPVCSpec,
  snapshot: Snapshot,
  claimName: string,
  defaults: OperatorDefaults,
): Injection {
  const { containers, initContainers, after = DEFAULT_AFTER } = spec.injection ?? {};
  return {
    ...buildInjection(snapshot, claimName),
    ...(containers === undefined ? {} : { containers }),
    ...(initContainers === undefined ? {} : { initContainers }),
    sidecar: {
      container: spec.sidecarContainerTemplate,
      mode: spec.sidecarMode ?? defaults.sidecarMode,
      after,
    },
  };
}

function recordOf(fluentPVC: string, injection: Injection): InjectionRecord {
  const { sidecar, volumes, mounts, envs, containers, initContainers } = injection;
  const mounted = new Set(mounts.map((mount) => mount.name));
  const all = volumes.every((volume) => mounted.has(volume.name));
  return {
    fluentPVC,
    sidecar: sidecar?.container.name ?? '',
    volumes: volumes.map((volume) => volume.name),
    envs: envs.map((env) => env.name),
    ...(all ? {} : { mounts: [...mounted] }),
    ...(containers === undefined ? {} : { containers: [...containers] }),
    ...(initContainers === undefined ? {} : { initContainers: [...initContainers] }),
  };
}

function metadataOperations(
  metadata: ObjectMeta,
  binding: string,
  record: InjectionRecord,
): PatchOperation[] {
  const value = JSON.stringify(record);
  return [
    { op: 'add', path: `/metadata/labels${pointer(labels.binding)}`, value: binding },
    metadata.annotations == null
      ? { op: 'add', path: '/metadata/annotations', value: { [annotations.injected]: value } }
      : { op: 'add', path: `/metadata/annotations${pointer(annotations.injected)}`, value },
  ];
}
