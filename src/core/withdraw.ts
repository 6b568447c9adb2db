import type { Container, PodSpec } from '../api/pod.ts';
import { pointer, removals, type PatchOperation } from './plan.ts';

/** What was put into a Pod, as its annotation `injected` keeps it. */
export interface InjectionRecord {
  fluentPVC: string;
  /** Name of the container; empty for none. */
  sidecar: string;
  /** Names of volumes; their mounts were put in with them. */
  volumes: string[];
  envs: string[];
}

/** The record in an annotation; whatever is not as it should be counts as nothing. */
export function readRecord(text: string | undefined): InjectionRecord {
  const value = parse(text ?? '') as Partial<Record<keyof InjectionRecord, unknown>> | null;
  const string = (one: unknown): string => (typeof one === 'string' ? one : '');
  const strings = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  return {
    fluentPVC: string(value?.fluentPVC),
    sidecar: string(value?.sidecar),
    volumes: strings(value?.volumes),
    envs: strings(value?.envs),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // There is none, or somebody wrote it by hand.
    return null;
  }
}

/**
 * The operations that take a former injection out of a PodSpec, `path` being its JSON pointer: what
 * the record names, and every volume of a claim that is to go with its mounts, whatever the record
 * says. The last container is not taken. Pure.
 */
export function withdraw(
  path: string,
  spec: PodSpec,
  record: InjectionRecord,
  goes: (claimName: string) => boolean,
): PatchOperation[] {
  const volumes = new Set(record.volumes);
  for (const { name, persistentVolumeClaim: claim } of spec.volumes ?? []) {
    if (claim != null && goes(claim.claimName)) volumes.add(name);
  }
  const envs = new Set(record.envs);
  const isVolume = ({ name }: { name: string }): boolean => volumes.has(name);
  const isEnv = ({ name }: { name: string }): boolean => envs.has(name);
  const isSidecar = ({ name }: Container): boolean => name === record.sidecar;
  const apps = spec.containers.filter((container) => !isSidecar(container));

  return [
    ...(['initContainers', 'containers'] as const).flatMap((list) => {
      const at = path + pointer(list);
      const kept = list === 'containers' && apps.length === 0;
      return [
        ...(spec[list] ?? []).flatMap((container, index) => [
          ...without(`${at}/${index}/volumeMounts`, container.volumeMounts, isVolume),
          ...without(`${at}/${index}/env`, container.env, isEnv),
        ]),
        ...(kept ? [] : without(at, spec[list], isSidecar)),
      ];
    }),
    ...without(`${path}/volumes`, spec.volumes, isVolume),
  ];
}

/** Takes out of a list what goes. */
function without<T>(
  path: string,
  list: readonly T[] | undefined | null,
  goes: (entry: T) => boolean,
): PatchOperation[] {
  return removals(
    path,
    (list ?? []).flatMap((entry, index) => (goes(entry) ? [index] : [])),
  );
}
