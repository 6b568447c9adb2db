import type { Container, PodSpec } from '../api/pod.ts';
import { pointer, removals, type PatchOperation } from './plan.ts';

/** What was put into a Pod, as its annotation `injected` keeps it. */
export interface InjectionRecord {
  fluentPVC: string;
  /** Name of the container; empty for none. */
  sidecar: string;
  /** Names. */
  volumes: string[];
  envs: string[];
  /** Names of volumes whose mounts were put in; all of `volumes` when absent. */
  mounts?: string[];
  /** Names of those that got mounts and envs; all when absent. */
  containers?: string[];
  initContainers?: string[];
}

/** The record in an annotation; whatever is not as it should be counts as nothing. */
export function readRecord(text: string | undefined): InjectionRecord {
  const value = parse(text ?? '') as Partial<Record<keyof InjectionRecord, unknown>> | null;
  const string = (one: unknown): string => (typeof one === 'string' ? one : '');
  const strings = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  const given = (name: 'mounts' | 'containers' | 'initContainers'): Partial<InjectionRecord> =>
    Array.isArray(value?.[name]) ? { [name]: strings(value[name]) } : {};
  return {
    fluentPVC: string(value?.fluentPVC),
    sidecar: string(value?.sidecar),
    volumes: strings(value?.volumes),
    envs: strings(value?.envs),
    ...given('mounts'),
    ...given('containers'),
    ...given('initContainers'),
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
 * says. What a container has that got nothing is its own. The last container is not taken. Pure.
 */
export function withdraw(
  path: string,
  spec: PodSpec,
  record: InjectionRecord,
  goes: (claimName: string) => boolean,
): PatchOperation[] {
  const put = new Set(record.volumes);
  const mounted = new Set(record.mounts ?? record.volumes);
  const foreign = new Set(
    (spec.volumes ?? [])
      .filter(({ name, persistentVolumeClaim: claim }) => {
        return claim != null && goes(claim.claimName) && !put.has(name);
      })
      .map(({ name }) => name),
  );
  const envs = new Set(record.envs);
  const isSidecar = ({ name }: Container): boolean => name === record.sidecar;
  const apps = spec.containers.filter((container) => !isSidecar(container));

  return [
    ...(['initContainers', 'containers'] as const).flatMap((list) => {
      const at = path + pointer(list);
      const kept = list === 'containers' && apps.length === 0;
      return [
        ...(spec[list] ?? []).flatMap((container, index) => {
          const got = record[list]?.includes(container.name) !== false;
          return [
            ...without(
              `${at}/${index}/volumeMounts`,
              container.volumeMounts,
              ({ name }) => foreign.has(name) || (got && mounted.has(name)),
            ),
            ...without(`${at}/${index}/env`, container.env, ({ name }) => got && envs.has(name)),
          ];
        }),
        ...(kept ? [] : without(at, spec[list], isSidecar)),
      ];
    }),
    ...without(`${path}/volumes`, spec.volumes, ({ name }) => put.has(name) || foreign.has(name)),
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
