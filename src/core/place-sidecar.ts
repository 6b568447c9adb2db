import { isDeepStrictEqual } from 'node:util';
import type { SidecarMode } from '../api/fluentpvc.ts';
import type { Container, PodSpec } from '../api/pod.ts';
import { mergeByName, type Merge } from './merge.ts';
import { pointer, removals, type PatchOperation } from './plan.ts';

/**
 * Where the sidecar goes. A Regular one is the last container, so that the app stays the first. A
 * Native one is the first init container, because they start one after the other and the ones
 * before it would run without it; only native sidecars named in `after` start before it.
 *
 * @param path JSON pointer of the spec
 * @returns `undefined` where the Pod would have no container besides the sidecar
 */
export function placeSidecar(
  path: string,
  spec: PodSpec,
  sidecar: Container,
  { mode, after }: { mode: SidecarMode; after: readonly string[] },
): Merge<Container> | undefined {
  if (spec.containers.every((container) => container.name === sidecar.name)) return undefined;
  const own = mode === 'Native' ? 'initContainers' : 'containers';
  const other = mode === 'Native' ? 'containers' : 'initContainers';
  // A container of its name among the others would make the name stand twice in the Pod.
  const strays = takeOut(path + pointer(other), spec[other], sidecar);
  const placed =
    mode === 'Native'
      ? placeNative(path + pointer(own), spec.initContainers, sidecar, after)
      : mergeByName(path + pointer(own), spec.containers, [sidecar]);
  return {
    operations: [...strays.operations, ...placed.operations],
    replaced: [...strays.replaced, ...placed.replaced],
  };
}

function placeNative(
  path: string,
  list: readonly Container[] | undefined | null,
  sidecar: Container,
  after: readonly string[],
): Merge<Container> {
  if (list == null) {
    return { operations: [{ op: 'add', path, value: [sidecar] }], replaced: [] };
  }
  const others = list.filter(({ name }) => name !== sidecar.name);
  const target = 1 + others.findLastIndex((one) => isNative(one) && after.includes(one.name));
  const there = list[target];
  if (list.length === others.length + 1 && there?.name === sidecar.name) {
    if (isDeepStrictEqual(there, sidecar)) return { operations: [], replaced: [] };
    return {
      operations: [{ op: 'replace', path: path + pointer(target), value: sidecar }],
      replaced: [{ was: there, is: sidecar }],
    };
  }
  const { operations, replaced } = takeOut(path, list, sidecar);
  const add: PatchOperation = { op: 'add', path: path + pointer(target), value: sidecar };
  return { operations: [...operations, add], replaced };
}

/** Takes all containers of the sidecar's name out of a list. */
function takeOut(
  path: string,
  list: readonly Container[] | undefined | null,
  sidecar: Container,
): Merge<Container> {
  const named = [...(list ?? []).entries()].filter(([, { name }]) => name === sidecar.name);
  return {
    operations: removals(
      path,
      named.map(([index]) => index),
    ),
    replaced: named.map(([, was]) => ({ was, is: sidecar })),
  };
}

function isNative({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}
