import { Ajv, type ErrorObject } from 'ajv';
import { MAX_SNAPSHOT_LENGTH } from '../api/binding.ts';
import { fluentPVCSchema } from '../api/fluentpvc-schema.ts';
import type { FluentPVC, FluentPVCSpec } from '../api/fluentpvc.ts';
import { MAX_LABEL_LENGTH } from '../api/names.ts';
import type { Container } from '../api/pod.ts';
import { claimRules, jobPodRules, jobRules, type TemplateRule } from '../api/template-rules.ts';
import { buildInjection, buildSnapshot } from './build.ts';
import { fieldPath, pointerSteps } from './field-path.ts';
import { inject, samePath } from './inject.ts';
import { selectorProblems } from './selector-problems.ts';
import type { Problem, Verdict } from './verdict.ts';

const JOB = 'spec.pvcFinalizerJobSpecTemplate';
const JOB_POD = `${JOB}.template.spec`;

// Kubernetes' formats and x-kubernetes keys are not ajv's business: the API server checks them.
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
const matchesSchema = ajv.compile<FluentPVC>(fluentPVCSchema);

/** Has it the parts that Pods and Jobs are made of? What has not can be tried out on nobody. */
export function isFluentPVC(object: unknown): object is FluentPVC {
  return matchesSchema(object);
}

/**
 * What is wrong with a FluentPVC as far as one can tell without asking the API. The webhook asks
 * this again when a Pod names it: it may be older than these rules.
 */
export function validateFluentPVC(object: unknown): Verdict {
  if (!matchesSchema(object)) {
    return { problems: (matchesSchema.errors ?? []).map(schemaProblem), warnings: [] };
  }
  return {
    problems: [
      ...nameProblems(object),
      ...broken('spec.pvcSpecTemplate', claimRules, object.spec.pvcSpecTemplate),
      ...broken(JOB, jobRules, object.spec.pvcFinalizerJobSpecTemplate),
      ...broken(JOB_POD, jobPodRules, object.spec.pvcFinalizerJobSpecTemplate.template.spec),
      ...mountProblems(object.spec),
      ...commonMountProblems(object.spec),
      ...selectorProblems('spec.namespaceSelector', object.spec.namespaceSelector ?? {}),
      ...sizeProblems(object.spec),
    ],
    warnings: jobWarnings(object.spec),
  };
}

function schemaProblem(error: ErrorObject): Problem {
  const { missingProperty: missing, allowedValues: allowed } = error.params as Record<
    string,
    unknown
  >;
  const steps = pointerSteps(error.instancePath);
  return {
    field: fieldPath(typeof missing === 'string' ? [...steps, missing] : steps),
    message: Array.isArray(allowed)
      ? `must be one of ${allowed.join(', ')}`
      : (error.message ?? 'is not allowed'),
  };
}

/** Pods name it in a label, whose value is shorter than a name may be. */
function nameProblems(object: FluentPVC): Problem[] {
  const name = object.metadata.name ?? '';
  return name.length <= MAX_LABEL_LENGTH
    ? []
    : [
        {
          field: 'metadata.name',
          message: `"${name}" is longer than ${MAX_LABEL_LENGTH} characters: no label could name it`,
        },
      ];
}

function broken<T>(at: string, rules: readonly TemplateRule<T>[], template: T): Problem[] {
  return rules
    .filter(({ holds }) => !holds(template))
    .map(({ field, message }) => ({ field: `${at}.${field}`, message }));
}

/** Templates that mount something else where the claim belongs: no Pod, no Job could have both. */
function mountProblems(spec: FluentPVCSpec): Problem[] {
  const injection = buildInjection(buildSnapshot(spec, { containers: [] }), '');
  const { containers, initContainers } = spec.pvcFinalizerJobSpecTemplate.template.spec;
  const targets: [string, Container][] = [
    ['spec.sidecarContainerTemplate', spec.sidecarContainerTemplate],
    ...containers.map((each, index): [string, Container] => [
      `${JOB_POD}.containers[${index}]`,
      each,
    ]),
    // A template engine may leave a null.
    ...(initContainers ?? []).map((each, index): [string, Container] => [
      `${JOB_POD}.initContainers[${index}]`,
      each,
    ]),
  ];
  return targets.flatMap(([at, container]) => {
    const field = `${at}.volumeMounts`;
    const injected = inject('', { containers: [container] }, injection);
    if (injected.outcome === 'volumeTaken') {
      const message =
        `container "${container.name}" uses volume "${injected.volume}" as a device, and it is mounted ` +
        `as a file system`;
      return [{ field: `${at}.volumeDevices`, message }];
    }
    if (injected.outcome === 'mountPathTaken') {
      const { mount, by } = injected;
      const message =
        `container "${container.name}" mounts volume "${by}" at ${mount.mountPath}, where volume ` +
        `"${mount.name}" belongs`;
      return [{ field, message }];
    }
    // Looked for where the claim is not, a drainer would find nothing and succeed.
    const elsewhere = (container.volumeMounts ?? []).find(
      ({ name, mountPath }) =>
        name === spec.pvcVolumeName && !samePath(mountPath, spec.pvcVolumeMountPath),
    );
    if (elsewhere === undefined) return [];
    const message =
      `container "${container.name}" mounts volume "${elsewhere.name}" at ${elsewhere.mountPath}; it ` +
      `is mounted at pvcVolumeMountPath, ${spec.pvcVolumeMountPath}, and nowhere else`;
    return [{ field, message }];
  });
}

/** Of two mounts at one path the later one covers the other: that of the claim, perhaps. */
function commonMountProblems(spec: FluentPVCSpec): Problem[] {
  const mounts = spec.commonVolumeMounts ?? [];
  return mounts.flatMap(({ name, mountPath }, index) => {
    const field = `spec.commonVolumeMounts[${index}].mountPath`;
    // As of pvcVolumeMountPath: no runtime has to take it, and the API server does not say so.
    if (mountPath.includes(':')) {
      return [
        { field, message: `volume "${name}" is mounted at ${mountPath}: must not contain ':'` },
      ];
    }
    const others = [
      ...mounts.slice(0, index),
      { name: spec.pvcVolumeName, mountPath: spec.pvcVolumeMountPath },
    ];
    const other = others.find((one) => samePath(one.mountPath, mountPath));
    if (other === undefined) return [];
    const message = `volume "${name}" is mounted at ${mountPath}, where volume "${other.name}" is mounted`;
    return [{ field, message }];
  });
}

/** Every Pod would be denied; its own part comes on top. */
function sizeProblems(spec: FluentPVCSpec): Problem[] {
  const length = Buffer.byteLength(JSON.stringify(buildSnapshot(spec, { containers: [] })));
  if (length <= MAX_SNAPSHOT_LENGTH) return [];
  const message =
    `finalizer Job template and common parts take ${length} bytes as JSON, ${MAX_SNAPSHOT_LENGTH} ` +
    `are allowed: move what is long into a ConfigMap`;
  return [{ field: 'spec', message }];
}

function jobWarnings({ pvcFinalizerJobSpecTemplate: job }: FluentPVCSpec): string[] {
  const warnings: string[] = [];
  if ((job.parallelism ?? 1) > 1) {
    warnings.push(`${JOB}.parallelism: more than one Pod will drain the same volume at once`);
  }
  if (job.template.spec.restartPolicy === 'OnFailure') {
    warnings.push(
      `${JOB_POD}.restartPolicy: OnFailure loses the logs and exit codes of failed drains; Never keeps them`,
    );
  }
  if (job.ttlSecondsAfterFinished != null) {
    warnings.push(`${JOB}.ttlSecondsAfterFinished is ignored: the operator removes the Job`);
  }
  return warnings;
}
