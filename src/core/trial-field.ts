import { isDeepStrictEqual } from 'node:util';
import type { FluentPVCSpec } from '../api/fluentpvc.ts';
import type { Container, EnvVar, PodSpec, Volume, VolumeMount } from '../api/pod.ts';
import type { Trial } from './trial.ts';

const JOB = 'spec.pvcFinalizerJobSpecTemplate';
const JOB_POD = `${JOB}.template.spec`;

/** A part of a PodSpec as the FluentPVC has it, before anything was put into it. */
interface Source<T> {
  field: string;
  value: T;
}
type FindContainer = (
  list: 'containers' | 'initContainers',
  index: number,
) => Source<Container> | undefined;

/**
 * Which field of the FluentPVC is behind a field of an object that was made of it; `undefined` where
 * none is. What was put into a list is found by value: lists are merged, so indexes say nothing.
 */
export function fluentPVCField(
  spec: FluentPVCSpec,
  trial: Trial,
  path: string,
): string | undefined {
  switch (trial.of) {
    case 'PVC':
      if (/^metadata\.(labels|annotations)\b/.test(path)) {
        return path.replace('metadata', 'spec.pvcMetadata');
      }
      return path.startsWith('spec') ? path.replace('spec', 'spec.pvcSpecTemplate') : undefined;
    case 'Job': {
      const { template } = spec.pvcFinalizerJobSpecTemplate;
      const find: FindContainer = (list, index) =>
        source(`${JOB_POD}.${list}[${index}]`, template.spec[list]?.[index]);
      const below = /^spec\.template\.(spec\b.*)$/.exec(path)?.[1] ?? '';
      const built = trial.object.spec.template.spec;
      const field = podField(spec, built, below, find, template.spec.volumes ?? []);
      return field ?? (path.startsWith('spec') ? path.replace('spec', JOB) : undefined);
    }
    case 'Pod': {
      const { name } = spec.sidecarContainerTemplate;
      const built = trial.object.spec;
      const find: FindContainer = (list, index) =>
        built[list]?.[index]?.name === name
          ? source('spec.sidecarContainerTemplate', spec.sidecarContainerTemplate)
          : undefined;
      return podField(spec, built, path, find, []);
    }
  }
}

function source<T>(field: string, value: T | undefined): Source<T> | undefined {
  return value === undefined ? undefined : { field, value };
}

function podField(
  spec: FluentPVCSpec,
  built: PodSpec,
  path: string,
  find: FindContainer,
  ownVolumes: readonly Volume[],
): string | undefined {
  const volume = /^spec\.volumes\[(\d+)\](.*)$/.exec(path);
  if (volume !== null) {
    const [, index = '', rest = ''] = volume;
    return volumeField(spec, built.volumes?.[Number(index)], rest, ownVolumes);
  }
  const container = /^spec\.(containers|initContainers)\[(\d+)\](.*)$/.exec(path);
  if (container === null) return undefined;
  const [, name, index, below = ''] = container;
  const list = name === 'containers' ? name : 'initContainers';
  const within = built[list]?.[Number(index)];
  const own = find(list, Number(index));
  const entry = /^\.(env|volumeMounts)\[(\d+)\](.*)$/.exec(below);
  if (entry === null) return own && own.field + below;
  const [, kind, at, rest = ''] = entry;
  return kind === 'env'
    ? envField(spec, within?.env?.[Number(at)], rest, own)
    : mountField(spec, within?.volumeMounts?.[Number(at)], rest, own);
}

function volumeField(
  spec: FluentPVCSpec,
  volume: Volume | undefined,
  rest: string,
  own: readonly Volume[],
): string | undefined {
  if (volume === undefined) return undefined;
  if (volume.name === spec.pvcVolumeName) return 'spec.pvcVolumeName';
  // Of several with one name the last holds.
  const common = (spec.commonVolumes ?? []).findLastIndex(({ name }) => name === volume.name);
  if (common !== -1) return `spec.commonVolumes[${common}]${rest}`;
  return indexed(`${JOB_POD}.volumes`, own, volume, rest);
}

function envField(
  spec: FluentPVCSpec,
  env: EnvVar | undefined,
  rest: string,
  own: Source<Container> | undefined,
): string | undefined {
  if (env === undefined) return undefined;
  const common = (spec.commonEnvs ?? []).findLastIndex(({ name }) => name === env.name);
  if (common !== -1) return `spec.commonEnvs[${common}]${rest}`;
  return own && indexed(`${own.field}.env`, own.value.env ?? [], env, rest);
}

function mountField(
  spec: FluentPVCSpec,
  mount: VolumeMount | undefined,
  rest: string,
  own: Source<Container> | undefined,
): string | undefined {
  if (mount === undefined) return undefined;
  const common = indexed('spec.commonVolumeMounts', spec.commonVolumeMounts ?? [], mount, rest);
  if (common !== undefined) return common;
  if (mount.name === spec.pvcVolumeName) {
    return rest === '.name' ? 'spec.pvcVolumeName' : 'spec.pvcVolumeMountPath';
  }
  return own && indexed(`${own.field}.volumeMounts`, own.value.volumeMounts ?? [], mount, rest);
}

function indexed<T>(field: string, list: readonly T[], entry: T, rest: string): string | undefined {
  const index = list.findIndex((candidate) => isDeepStrictEqual(candidate, entry));
  return index === -1 ? undefined : `${field}[${index}]${rest}`;
}
