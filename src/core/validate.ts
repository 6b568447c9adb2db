import { Ajv, type ErrorObject } from 'ajv';
import { fluentPVCSchema } from '../api/fluentpvc-schema.ts';
import type { FluentPVC, FluentPVCSpec } from '../api/fluentpvc.ts';
import { MAX_LABEL_LENGTH } from '../api/names.ts';
import type { Container } from '../api/pod.ts';
import { buildInjection, buildSnapshot } from './build.ts';
import { inject } from './inject.ts';

/** One thing that is wrong, at one place. */
export interface Problem {
  /** `spec.pvcSpecTemplate.accessModes` */
  field: string;
  /** A sentence that says what is wrong and what is allowed. */
  message: string;
}

/** What is wrong with a FluentPVC: problems deny it, warnings do not. */
export interface Verdict {
  problems: Problem[];
  warnings: string[];
}

// Kubernetes' formats and x-kubernetes keys are not ajv's business: the API server checks them.
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
const matchesSchema = ajv.compile<FluentPVC>(fluentPVCSchema);

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
      ...claimProblems(object.spec),
      ...jobProblems(object.spec),
      ...mountProblems(object.spec),
    ],
    warnings: jobWarnings(object.spec),
  };
}

function schemaProblem(error: ErrorObject): Problem {
  const missing: unknown = error.params.missingProperty;
  const path = error.instancePath.slice(1).split('/').filter(Boolean);
  if (typeof missing === 'string') path.push(missing);
  return { field: path.join('.'), message: error.message ?? 'is not allowed' };
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

function claimProblems({ pvcSpecTemplate: claim }: FluentPVCSpec): Problem[] {
  const problems: Problem[] = [];
  const at = (field: string, message: string): void => {
    problems.push({ field: `spec.pvcSpecTemplate.${field}`, message });
  };
  if ((claim.accessModes ?? []).every((mode) => mode === 'ReadOnlyMany')) {
    at(
      'accessModes',
      'Invalid PersistentVolumeAccessMode in FluentPVC.Spec.PVCSpecTemplate: a mode that allows a writer is needed',
    );
  }
  if (claim.volumeName !== undefined) {
    at('volumeName', 'must be absent: each Pod gets a volume of its own');
  }
  return problems;
}

/** Templates whose success would not mean that the claim is empty. */
function jobProblems({ pvcFinalizerJobSpecTemplate: job }: FluentPVCSpec): Problem[] {
  const problems: Problem[] = [];
  const at = (field: string, message: string): void => {
    problems.push({ field: `spec.pvcFinalizerJobSpecTemplate.${field}`, message });
  };
  if (job.completions === 0) at('completions', 'must not be 0: the Job would succeed undone');
  if (job.parallelism === 0) at('parallelism', 'must not be 0: the Job would never start');
  if (job.suspend === true) at('suspend', 'must not be true: the Job would never start');
  const { restartPolicy } = job.template.spec;
  if (restartPolicy !== 'Never' && restartPolicy !== 'OnFailure') {
    at('template.spec.restartPolicy', 'must be Never or OnFailure: Jobs take no other');
  }
  if (job.manualSelector !== undefined) at('manualSelector', 'must be absent');
  if (job.selector !== undefined) at('selector', 'must be absent: the Job makes its own');
  if (job.managedBy !== undefined) {
    at('managedBy', "must be absent: the outcome is the Job controller's to say");
  }
  return problems;
}

/** Templates that mount something else where the claim belongs: no Pod, no Job could have both. */
function mountProblems(spec: FluentPVCSpec): Problem[] {
  const injection = buildInjection(buildSnapshot(spec, { containers: [] }), '');
  const { containers, initContainers } = spec.pvcFinalizerJobSpecTemplate.template.spec;
  const job = 'spec.pvcFinalizerJobSpecTemplate.template.spec';
  const targets: [string, Container][] = [
    ['spec.sidecarContainerTemplate', spec.sidecarContainerTemplate],
    ...containers.map((each, index): [string, Container] => [`${job}.containers[${index}]`, each]),
    // A template engine may leave a null.
    ...(initContainers ?? []).map((each, index): [string, Container] => [
      `${job}.initContainers[${index}]`,
      each,
    ]),
  ];
  return targets.flatMap(([field, container]) => {
    const injected = inject('', { containers: [container] }, injection);
    if (injected.outcome !== 'mountPathTaken') return [];
    const { mount, by } = injected;
    const message =
      `container "${container.name}" mounts volume "${by}" at ${mount.mountPath}, where volume ` +
      `"${mount.name}" belongs`;
    return [{ field: `${field}.volumeMounts`, message }];
  });
}

function jobWarnings({ pvcFinalizerJobSpecTemplate: job }: FluentPVCSpec): string[] {
  const at = 'spec.pvcFinalizerJobSpecTemplate';
  const warnings: string[] = [];
  if ((job.parallelism ?? 1) > 1) {
    warnings.push(`${at}.parallelism: more than one Pod will drain the same volume at once`);
  }
  if (job.template.spec.restartPolicy === 'OnFailure') {
    warnings.push(
      `${at}.template.spec.restartPolicy: OnFailure loses the logs and exit codes of failed drains; Never keeps them`,
    );
  }
  if (job.ttlSecondsAfterFinished !== undefined) {
    warnings.push(`${at}.ttlSecondsAfterFinished is ignored: the operator removes the Job`);
  }
  return warnings;
}
