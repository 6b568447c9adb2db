import { MAX_SNAPSHOT_LENGTH } from '../src/api/binding.ts';
import type { FluentPVC, OperatorDefaults } from '../src/api/fluentpvc.ts';
import { admissionName, annotations, labels } from '../src/api/names.ts';
import { isDeleting, type ObjectMeta, type Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import { buildBinding, buildClaim, buildInjection, buildSnapshot } from '../src/core/build.ts';
import { inject, type Injection, type Replacement } from '../src/core/inject.ts';
import { pointer, type CreateWrite, type PatchOperation } from '../src/core/plan.ts';
import { validateFluentPVC } from '../src/core/validate.ts';
import { deny, type Answer } from './review.ts';

/** All that the decision on a Pod depends on. */
export interface PodObservation {
  request: { uid: string; namespace: string };
  /** The Pod as it arrived: raw JSON. */
  pod: Pod;
  /** The FluentPVC that its label names; `undefined` where there is none, even when asked live. */
  fluentPVC: Stored<FluentPVC> | undefined;
  defaults: OperatorDefaults;
}

/** An answer, and the two objects that must be stored before it is given. */
export interface PodPlan {
  answer: Answer;
  /** Claim and binding; stored side by side, both or none. Empty with a denial. */
  writes: readonly CreateWrite[];
}

/** What was put into a Pod, as its annotation `injected` keeps it. */
export interface InjectionRecord {
  fluentPVC: string;
  sidecar: string;
  volumes: string[];
  envs: string[];
}

/** What becomes of a labelled Pod. Pure. */
export function podPlan(observation: PodObservation): PodPlan {
  const { pod, request, fluentPVC, defaults } = observation;
  const name = pod.metadata.labels?.[labels.fluentPVC];
  if (name === undefined) return { answer: { allowed: true }, writes: [] };
  const unusable = whyUnusable(name, fluentPVC);
  if (unusable !== undefined || fluentPVC === undefined) {
    return { answer: unusable ?? { allowed: true }, writes: [] };
  }

  const admission = {
    name: admissionName(fluentPVC.metadata, request.uid),
    namespace: request.namespace,
    id: request.uid,
  };
  const injection: Injection = {
    ...buildInjection(buildSnapshot(fluentPVC.spec, pod.spec), admission.name),
    sidecar: {
      container: fluentPVC.spec.sidecarContainerTemplate,
      mode: fluentPVC.spec.sidecarMode ?? defaults.sidecarMode,
    },
  };
  const injected = inject('/spec', pod.spec, injection);
  if (injected.outcome === 'mountPathTaken') {
    const { container, mount, by } = injected;
    return refused(
      deny(
        'MountPathTaken',
        422,
        `container "${container}" mounts volume "${by}" at ${mount.mountPath}, where FluentPVC ` +
          `"${name}" mounts volume "${mount.name}": use another path for one of them`,
      ),
    );
  }
  if (injected.outcome === 'noContainerLeft') {
    return refused(
      deny(
        'NoContainerLeft',
        422,
        `all containers of the Pod are named "${injected.sidecar}", which is the sidecar of ` +
          `FluentPVC "${name}" that replaces them: rename the container`,
      ),
    );
  }

  const binding = buildBinding(admission, fluentPVC, pod, defaults);
  const snapshotLength = Buffer.byteLength(binding.spec.snapshot ?? '');
  if (snapshotLength > MAX_SNAPSHOT_LENGTH) {
    return refused(
      deny(
        'SnapshotTooLarge',
        422,
        `finalizer Job template and common parts of FluentPVC "${name}" take ${snapshotLength} ` +
          `bytes as JSON, ${MAX_SNAPSHOT_LENGTH} are allowed: move what is long into a ConfigMap`,
      ),
    );
  }
  return {
    answer: {
      allowed: true,
      operations: [
        ...metadataOperations(pod.metadata, admission.name, recordOf(name, injection)),
        ...injected.operations,
      ],
      warnings: injected.replaced.map((replacement) => warningOf(replacement, name)),
    },
    writes: [
      { verb: 'create', object: buildClaim(admission, fluentPVC) },
      { verb: 'create', object: binding },
    ],
  };
}

function refused(answer: Answer): PodPlan {
  return { answer, writes: [] };
}

function whyUnusable(name: string, fluentPVC: Stored<FluentPVC> | undefined): Answer | undefined {
  if (fluentPVC === undefined) {
    return deny(
      'FluentPVCNotFound',
      422,
      `there is no FluentPVC "${name}", which the label ${labels.fluentPVC} of the Pod names: ` +
        `create it, or correct the label`,
    );
  }
  if (isDeleting(fluentPVC)) {
    return deny(
      'FluentPVCDeleting',
      409,
      `FluentPVC "${name}", which the label ${labels.fluentPVC} of the Pod names, is being ` +
        `deleted: create it anew when it is gone, or name another one`,
    );
  }
  const { problems } = validateFluentPVC(fluentPVC);
  if (problems.length === 0) return undefined;
  return deny(
    'FluentPVCInvalid',
    422,
    `FluentPVC "${name}", which the label ${labels.fluentPVC} of the Pod names, cannot be used: ` +
      problems.map(({ field, message }) => `${field}: ${message}`).join('; '),
  );
}

function recordOf(fluentPVC: string, injection: Injection): InjectionRecord {
  return {
    fluentPVC,
    sidecar: injection.sidecar?.container.name ?? '',
    volumes: injection.volumes.map((volume) => volume.name),
    envs: injection.envs.map((env) => env.name),
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
    metadata.annotations === undefined
      ? { op: 'add', path: '/metadata/annotations', value: { [annotations.injected]: value } }
      : { op: 'add', path: `/metadata/annotations${pointer(annotations.injected)}`, value },
  ];
}

/** The API server cuts a warning at 256 characters. */
function warningOf({ what, was, is }: Replacement, fluentPVC: string): string {
  const successor = is === undefined ? 'removed' : `replaced by ${brief(is)}`;
  return `${what}: ${brief(was)} of the Pod is ${successor} of FluentPVC "${fluentPVC}"`;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 70 ? text : `${text.slice(0, 69)}…`;
}
