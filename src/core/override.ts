import {
  DEFAULT_OVERRIDES,
  OVERRIDES,
  type FluentPVCSpec,
  type Override,
} from '../api/fluentpvc.ts';
import { annotations } from '../api/names.ts';
import type { JsonObject, ObjectMeta } from '../api/object.ts';
import { nanos, UNSIGNED_QUANTITY } from './quantity.ts';
import { parseResources } from './resource-requirements.ts';

/** What a Pod asks for by annotations, checked. */
export interface Overridden {
  /** The spec of the FluentPVC with it. */
  spec: FluentPVCSpec;
  /** A sentence for each annotation that is wrong or not allowed; with any the Pod is denied. */
  problems: string[];
}

/** Name of the storage class that the Pod asks for, whether it may or not. */
export function askedStorageClass(pod: ObjectMeta): string | undefined {
  return pod.annotations?.[annotations.override('storage-class-name')];
}

/**
 * The spec of a FluentPVC as a Pod's annotations change it. The finalizer Job's template stays: what
 * drains the data is not for the author of a Pod to choose. Pure.
 *
 * @param classExists whether there is the storage class that the Pod asks for
 */
export function override(
  name: string,
  spec: FluentPVCSpec,
  pod: ObjectMeta,
  classExists: boolean,
): Overridden {
  const allowed = spec.overrides ?? DEFAULT_OVERRIDES;
  const problems: string[] = [];
  let overridden = spec;
  for (const which of OVERRIDES) {
    const annotation = annotations.override(which);
    const value = pod.annotations?.[annotation];
    if (value === undefined) continue;
    if (!allowed.includes(which)) {
      const may = allowed.length === 0 ? 'none' : allowed.join(', ');
      problems.push(
        `annotation ${annotation} is not among the overrides of FluentPVC "${name}" (${may})`,
      );
      continue;
    }
    const changed = CHANGES[which](overridden, value, classExists);
    if (typeof changed === 'string') {
      problems.push(`annotation ${annotation} must be ${changed}, not "${value.slice(0, 100)}"`);
    } else {
      overridden = changed;
    }
  }
  return { spec: overridden, problems };
}

/** The changed spec, or the form that the value should have. */
type Change = (spec: FluentPVCSpec, value: string, classExists: boolean) => FluentPVCSpec | string;

const CHANGES: Record<Override, Change> = {
  'storage-size': (spec, value) => {
    if (!isSize(value)) return 'a quantity greater than zero such as 10Gi';
    const { pvcSpecTemplate: claim } = spec;
    const requests = { ...claim.resources?.requests, storage: value };
    const resources = { ...claim.resources, requests };
    return { ...spec, pvcSpecTemplate: { ...claim, resources } };
  },
  'storage-class-name': (spec, value, classExists) =>
    classExists
      ? { ...spec, pvcSpecTemplate: { ...spec.pvcSpecTemplate, storageClassName: value } }
      : 'the name of a StorageClass that exists',
  'sidecar-image': (spec, value) =>
    isImage(value)
      ? withSidecar(spec, { image: value })
      : 'an image reference such as registry.example.com/team/shipper:1.2',
  'sidecar-resources': (spec, value) => {
    const parsed = parseResources(value);
    if (parsed === undefined) return RESOURCES_FORM;
    if ('problem' in parsed) return `${RESOURCES_FORM} (${parsed.problem})`;
    // What is neither, such as `claims`, stays.
    const { requests, limits, ...others } = sidecarResources(spec);
    return withSidecar(spec, { resources: { ...others, ...parsed.resources } });
  },
};

const RESOURCES_FORM =
  'JSON of resource requirements such as {"requests":{"cpu":"100m"},"limits":{"memory":"64Mi"}}, ' +
  'with no request above its limit';

function sidecarResources({ sidecarContainerTemplate: sidecar }: FluentPVCSpec): JsonObject {
  return (sidecar as { resources?: JsonObject | null }).resources ?? {};
}

function withSidecar(spec: FluentPVCSpec, change: object): FluentPVCSpec {
  return { ...spec, sidecarContainerTemplate: { ...spec.sidecarContainerTemplate, ...change } };
}

const QUANTITY = new RegExp(`^${UNSIGNED_QUANTITY}$`);

function isSize(value: string): boolean {
  return QUANTITY.test(value) && nanos(value) > 0n;
}

/** The grammar of github.com/distribution/reference. */
const HOST =
  /(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?/;
const PART = /[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*/;
const TAG = /:\w[\w.-]{0,127}/;
const DIGEST = /@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}/;
const IMAGE = new RegExp(
  `^(?:${HOST.source}/)?${PART.source}(?:/${PART.source})*(?:${TAG.source})?(?:${DIGEST.source})?$`,
);
/** Of an image's name, without tag and digest. */
const MAX_IMAGE_LENGTH = 512;

function isImage(value: string): boolean {
  return value.length <= MAX_IMAGE_LENGTH && IMAGE.test(value);
}
