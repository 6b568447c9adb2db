import { isDeepStrictEqual } from 'node:util';
import type { VolumeMount } from '../api/pod.ts';
import { pointer, removals, type PatchOperation } from './plan.ts';

/** What it takes to bring a list to the wanted state, and what was in the way. */
export interface Merge<T> {
  operations: PatchOperation[];
  /** Entries of the list that gave way to ours. */
  replaced: { was: T; is: T | undefined }[];
}

/**
 * Puts our entries into a list (a `null`, as a template engine may leave it, is none): ours replaces
 * the first of its name, further ones of that name go, the rest stays where it is. An entry that is
 * already as ours costs no operation.
 */
export function mergeByName<T extends { name: string }>(
  path: string,
  list: readonly T[] | undefined | null,
  ours: readonly T[],
): Merge<T> {
  // Of several of ours with one name the last holds.
  const wanted = new Map(ours.map((entry) => [entry.name, entry]));
  if (wanted.size === 0) return { operations: [], replaced: [] };
  if (list == null) return added(path, [...wanted.values()]);
  const merge: Merge<T> = { operations: [], replaced: [] };
  const surplus: number[] = [];
  const placed = new Set<string>();
  list.forEach((was, index) => {
    const is = wanted.get(was.name);
    if (is === undefined) return;
    if (placed.has(was.name)) {
      surplus.push(index);
      merge.replaced.push({ was, is });
    } else if (!isDeepStrictEqual(was, is)) {
      merge.operations.push({ op: 'replace', path: path + pointer(index), value: is });
      merge.replaced.push({ was, is });
    }
    placed.add(was.name);
  });
  merge.operations.push(...removals(path, surplus));
  merge.operations.push(
    ...appends(
      path,
      [...wanted.values()].filter((entry) => !placed.has(entry.name)),
    ),
  );
  return merge;
}

/**
 * Puts our mounts into a container's list: they are all the mounts there are of their volumes. One
 * volume may be mounted at several paths, so mounts have no name of their own.
 */
export function mergeMounts(
  path: string,
  list: readonly VolumeMount[] | undefined | null,
  ours: readonly VolumeMount[],
): Merge<VolumeMount> {
  if (ours.length === 0) return { operations: [], replaced: [] };
  if (list == null) return added(path, ours);
  const volumes = new Set(ours.map((mount) => mount.name));
  const missing = new Set(ours);
  const surplus: number[] = [];
  const replaced: Merge<VolumeMount>['replaced'] = [];
  list.forEach((was, index) => {
    if (!volumes.has(was.name)) return;
    const same = [...missing].find((mount) => isDeepStrictEqual(mount, was));
    if (same !== undefined) {
      missing.delete(same);
      return;
    }
    surplus.push(index);
    replaced.push({ was, is: ours.find((mount) => mount.name === was.name) });
  });
  return { operations: [...removals(path, surplus), ...appends(path, [...missing])], replaced };
}

function added<T>(path: string, ours: readonly T[]): Merge<T> {
  return { operations: [{ op: 'add', path, value: ours }], replaced: [] };
}

function appends(path: string, entries: readonly unknown[]): PatchOperation[] {
  return entries.map((value): PatchOperation => ({ op: 'add', path: path + pointer('-'), value }));
}
