import { MAX_SNAPSHOT_LENGTH, type Binding } from '../src/api/binding.ts';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { selects } from '../src/api/label-selector.ts';
import { labels } from '../src/api/names.ts';
import { isDeleting, type Stored } from '../src/api/object.ts';
import type { Container, Pod, PodSpec } from '../src/api/pod.ts';
import type { Injected, Injection } from '../src/core/inject.ts';
import type { TakenVolume } from '../src/core/taken-volume.ts';
import { validateFluentPVC } from '../src/core/validate.ts';
import { problemText, type Problem } from '../src/core/verdict.ts';
import { deny, type Answer } from './review.ts';

/*
 * Why a labelled Pod is denied. Each function is one question; `undefined`: nothing is wrong.
 */

/** Is it a Pod that nothing can be put into, whatever the FluentPVC says? */
export function whyUnfit({ metadata, spec }: Pod): Answer | undefined {
  if (metadata.annotations?.[MIRROR] !== undefined) {
    return deny(
      'StaticPod',
      422,
      `the Pod mirrors a static one, which its kubelet runs as the file on the node says, without PVC and ` +
        `sidecar: take the label ${labels.fluentPVC} out of the file`,
    );
  }
  const containers = spec.containers as readonly Container[] | null;
  if (containers !== null && containers.length > 0) return undefined;
  return deny('NoContainerLeft', 422, 'the Pod has no containers: add the one that writes');
}

/** On what the API server shows of a Pod that a kubelet has from a file. */
const MIRROR = 'kubernetes.io/config.mirror';

/** Can the FluentPVC that the label names be used by this namespace? */
export function whyUnusable(
  name: string,
  fluentPVC: Stored<FluentPVC>,
  namespace: { name: string; labels: Record<string, string> | undefined },
): Answer | undefined {
  const named = `FluentPVC "${name}", which the label ${labels.fluentPVC} of the Pod names,`;
  if (isDeleting(fluentPVC)) {
    return deny(
      'FluentPVCDeleting',
      409,
      `${named} is being deleted: create it anew when it is gone, or name another one`,
    );
  }
  const problems = problemsOf(fluentPVC);
  if (problems.length > 0) {
    return deny('FluentPVCInvalid', 422, `${named} cannot be used: ${problemText(problems)}`);
  }
  const selector = fluentPVC.spec.namespaceSelector;
  if (selector !== undefined && !selects(selector, namespace.labels)) {
    return deny(
      'NamespaceNotSelected',
      403,
      `${named} is not for namespace "${namespace.name}", which its namespaceSelector does not ` +
        `select: label the namespace, or name another one`,
    );
  }
  return undefined;
}

/** Of the FluentPVCs in the cache, which replaces an object that has changed and never changes it. */
const known = new WeakMap<object, readonly Problem[]>();

/** The verdict is about the object, not about the Pod: it is reached once for all Pods. */
function problemsOf(fluentPVC: Stored<FluentPVC>): readonly Problem[] {
  const problems = known.get(fluentPVC) ?? validateFluentPVC(fluentPVC).problems;
  known.set(fluentPVC, problems);
  return problems;
}

/** There is no FluentPVC of that name. */
export function notFound(name: string): Answer {
  return deny(
    'FluentPVCNotFound',
    422,
    `there is no FluentPVC "${name}", which the label ${labels.fluentPVC} of the Pod names: ` +
      `create it, or correct the label`,
  );
}

/** The Pod asks for something that it may not have, or in a form that is none. */
export function notAllowed(problems: readonly string[]): Answer {
  return deny('OverrideInvalid', 422, problems.join('; '));
}

/** Pod and FluentPVC do not go together. */
export function notInjectable(
  name: string,
  injected: Exclude<Injected, { outcome: 'patch' }>,
): Answer {
  switch (injected.outcome) {
    case 'mountPathTaken': {
      const { container, mount, by } = injected;
      return deny(
        'MountPathTaken',
        422,
        `container "${container}" mounts volume "${by}" at ${mount.mountPath}, where FluentPVC ` +
          `"${name}" mounts volume "${mount.name}": use another path for one of them`,
      );
    }
    case 'volumeTaken':
      return deny('VolumeTaken', 422, whyTaken(name, injected));
    case 'noContainerLeft':
      return deny(
        'NoContainerLeft',
        422,
        `all containers of the Pod are named "${injected.sidecar}", which is the sidecar of ` +
          `FluentPVC "${name}" that replaces them: rename the container`,
      );
    default:
      throw new Error(`no such outcome: ${JSON.stringify(injected satisfies never)}`);
  }
}

function whyTaken(name: string, { container, volume, use }: TakenVolume): string {
  const replaced = `volume "${volume}", which FluentPVC "${name}"`;
  return use === 'mount'
    ? `container "${container}" mounts ${replaced} replaces by one of its own, and its spec.injection ` +
        `leaves this container out: rename the volume in the Pod, or let injection name the container`
    : `container "${container}" uses ${replaced} defines, as a device (volumeDevices), and that one has a ` +
        `file system: rename the volume in the Pod`;
}

/**
 * Does the FluentPVC mount a volume that only Pods define, and this one does not? The API server would
 * refuse the Pod, but only after claim and binding were stored, for every try of its owner.
 */
export function whyVolumeMissing(
  name: string,
  pod: PodSpec,
  { volumes, mounts, sidecar }: Injection,
): Answer | undefined {
  const there = new Set([...(pod.volumes ?? []), ...volumes].map((volume) => volume.name));
  const { volumeMounts, volumeDevices } = sidecar?.container ?? {};
  const used = [...mounts, ...(volumeMounts ?? []), ...(volumeDevices ?? [])];
  const missing = used.find((one) => !there.has(one.name));
  if (missing === undefined) return undefined;
  return deny(
    'VolumeMissing',
    422,
    `FluentPVC "${name}" mounts volume "${missing.name}" in its sidecar, and neither it nor the Pod defines ` +
      `a volume of that name: define it in one of them`,
  );
}

/** Is what a finalizer Job needs larger than a binding may hold? */
export function whyTooLarge(name: string, { spec }: Binding): Answer | undefined {
  const length = Buffer.byteLength(spec.snapshot ?? '');
  if (length <= MAX_SNAPSHOT_LENGTH) return undefined;
  return deny(
    'SnapshotTooLarge',
    422,
    `finalizer Job template and common parts of FluentPVC "${name}", with tolerations and the like of the ` +
      `Pod, take ${length} bytes as JSON, ${MAX_SNAPSHOT_LENGTH} are allowed: move what is long into a ConfigMap`,
  );
}
