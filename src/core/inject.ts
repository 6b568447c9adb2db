import jsonPatch from 'fast-json-patch';
import { posix } from 'node:path';
import type { SidecarMode } from '../api/fluentpvc.ts';
import type { Container, EnvVar, PodSpec, Volume, VolumeMount } from '../api/pod.ts';
import { mergeByName, mergeMounts, type Merge } from './merge.ts';
import { placeSidecar } from './place-sidecar.ts';
import { pointer, type PatchOperation } from './plan.ts';
import { volumeTaken, type TakenVolume } from './taken-volume.ts';

/** What is put into a Pod, or into the Pod template of a finalizer Job. */
export interface Injection {
  volumes: readonly Volume[];
  mounts: readonly VolumeMount[];
  envs: readonly EnvVar[];
  /** Names of containers and init containers that get mounts and envs; all when absent. */
  containers?: readonly string[];
  initContainers?: readonly string[];
  /** Absent for a finalizer Job. */
  sidecar?: InjectedSidecar;
}

export interface InjectedSidecar {
  container: Container;
  mode: SidecarMode;
  /** Names of native sidecars that start before it. */
  after: readonly string[];
}

/** The patch, or why there can be none. */
export type Injected =
  | { outcome: 'patch'; operations: PatchOperation[]; replaced: Replacement[] }
  | { outcome: 'mountPathTaken'; container: string; mount: VolumeMount; by: string }
  | ({ outcome: 'volumeTaken' } & TakenVolume)
  | { outcome: 'noContainerLeft'; sidecar: string };

/** Something of the Pod that gave way to something of the FluentPVC. */
export interface Replacement {
  /** `container "app": env "A"` */
  what: string;
  was: unknown;
  /** `undefined`: it went without a successor. */
  is: unknown;
}

/**
 * The operations that put the injection into a PodSpec. `path` is the JSON pointer of the spec.
 * Applied to their own result they are empty: nothing is ever injected twice.
 */
export function inject(path: string, spec: PodSpec, injection: Injection): Injected {
  const operations: PatchOperation[] = [];
  const replaced: Replacement[] = [];
  const take = <T>(what: (was: T) => string, merge: Merge<T>): void => {
    operations.push(...merge.operations);
    for (const { was, is } of merge.replaced) replaced.push({ what: what(was), was, is });
  };

  const volumes = mergeByName(`${path}/volumes`, spec.volumes, injection.volumes);
  const gone = new Set(volumes.replaced.map(({ was }) => was.name));

  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      if (container.name === injection.sidecar?.container.name) continue;
      const selected = injection[list]?.includes(container.name) !== false;
      const lost = volumeTaken(container, { gone, selected, ours: injection.mounts });
      if (lost !== undefined) return lost;
      if (!selected) continue;
      const taken = pathTaken(container, injection.mounts);
      if (taken !== undefined) return taken;
      const at = path + pointer(list, index);
      const where = `container "${container.name}"`;
      take(
        (mount) => `${where}: mount of volume "${mount.name}"`,
        mergeMounts(`${at}/volumeMounts`, container.volumeMounts, injection.mounts),
      );
      take(
        (env) => `${where}: env "${env.name}"`,
        mergeByName(`${at}/env`, container.env, injection.envs),
      );
    }
  }
  take((volume) => `volume "${volume.name}"`, volumes);
  if (injection.sidecar === undefined) return { outcome: 'patch', operations, replaced };

  const sidecar = complete(injection.sidecar, injection);
  if ('outcome' in sidecar) return sidecar;
  const placed = placeSidecar(path, spec, sidecar, injection.sidecar);
  if (placed === undefined) return { outcome: 'noContainerLeft', sidecar: sidecar.name };
  take((container) => `container "${container.name}"`, placed);
  return { outcome: 'patch', operations, replaced };
}

/** The document with the operations applied; the given one stays as it is. */
export function applyOperations<T>(document: T, operations: readonly PatchOperation[]): T {
  // A copy by JSON, which is all that there is: structuredClone costs a third of a whole admission plan.
  const { deepClone, applyPatch } = jsonPatch;
  return applyPatch(deepClone(document) as T, deepClone(operations) as PatchOperation[], true)
    .newDocument;
}

/** The sidecar as it runs: with mounts and envs, and as an init container that never ends. */
function complete(
  { container, mode }: InjectedSidecar,
  { mounts, envs }: Injection,
): Container | Exclude<Injected, { outcome: 'patch' }> {
  const all = { gone: new Set<string>(), selected: true, ours: mounts };
  const taken = volumeTaken(container, all) ?? pathTaken(container, mounts);
  if (taken !== undefined) return taken;
  const sidecar = applyOperations(container, [
    ...mergeMounts('/volumeMounts', container.volumeMounts, mounts).operations,
    ...mergeByName('/env', container.env, envs).operations,
  ]);
  return mode === 'Native' ? { ...sidecar, restartPolicy: 'Always' } : sidecar;
}

function pathTaken(
  container: Container,
  ours: readonly VolumeMount[],
): (Injected & { outcome: 'mountPathTaken' }) | undefined {
  const volumes = new Set(ours.map((mount) => mount.name));
  for (const theirs of container.volumeMounts ?? []) {
    if (volumes.has(theirs.name)) continue;
    const mount = ours.find((mount) => samePath(mount.mountPath, theirs.mountPath));
    if (mount !== undefined) {
      return { outcome: 'mountPathTaken', container: container.name, mount, by: theirs.name };
    }
  }
  return undefined;
}

/** Kubernetes compares texts; the container's file system does not. */
export function samePath(a: string, b: string): boolean {
  return posix.resolve('/', a) === posix.resolve('/', b);
}
