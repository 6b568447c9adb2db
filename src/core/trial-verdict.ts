import { isDeepStrictEqual } from 'node:util';
import type { FluentPVC } from '../api/fluentpvc.ts';
import { fluentPVCField } from './trial-field.ts';
import type { Trial } from './trial.ts';
import { undecodablePaths } from './undecodable.ts';
import { cutWarning, mergeVerdicts, type Problem, type Verdict } from './verdict.ts';

/** What came of the dry-run creation of one trial. */
export interface TrialResult {
  trial: Trial;
  /** Absent: the API server would have taken it. */
  refusal?: Refusal;
  /** What the API server warned of. */
  warnings: readonly string[];
}

export type Refusal =
  | { kind: 'unanswered' }
  | {
      kind: 'refused';
      /** HTTP status code. */
      code: number;
      message: string;
      details: { kind?: string; causes?: readonly Cause[] };
    };

/** `metav1.StatusCause`. */
export interface Cause {
  field?: string;
  message?: string;
  reason?: string;
}

const TEMPLATES: Record<Trial['of'], string> = {
  PVC: 'spec.pvcSpecTemplate',
  Job: 'spec.pvcFinalizerJobSpecTemplate',
  Pod: 'spec.sidecarContainerTemplate',
};

/**
 * What the trials say of the FluentPVC. Denied is what could be in no namespace: what the API server
 * finds invalid (422, with the fields) or cannot read at all (400). Everything else is no word on
 * the FluentPVC (quota, Pod Security, policies and webhooks of others, an API server that does not
 * answer) and becomes a warning. So does a volume that Pods may bring along.
 */
export function trialVerdict(
  fluentPVC: FluentPVC,
  namespace: string,
  results: readonly TrialResult[],
): Verdict {
  const found = results.map(({ trial, refusal }) =>
    refusal === undefined ? NOTHING : verdictOn(fluentPVC, trial, refusal),
  );
  const untried = results.filter(({ refusal }, index) => {
    return refusal !== undefined && isDeepStrictEqual(found[index], NOTHING);
  });
  const { problems, warnings } = mergeVerdicts(
    ...found,
    { problems: [], warnings: untriedWarnings(namespace, untried) },
    { problems: [], warnings: results.flatMap((result) => unknownFields(fluentPVC, result)) },
  );
  const isDenied = (warning: string): boolean =>
    problems.some(({ field }) => warning.startsWith(`${field}: `));
  return { problems, warnings: warnings.filter((warning) => !isDenied(warning)) };
}

const NOTHING: Verdict = { problems: [], warnings: [] };

function verdictOn(fluentPVC: FluentPVC, trial: Trial, refusal: Refusal): Verdict {
  if (refusal.kind === 'unanswered') return NOTHING;
  const { code, message, details } = refusal;
  if (code === 422 && !isForeign(message)) {
    const verdicts = (details.causes ?? []).map((cause) => causeVerdict(fluentPVC, trial, cause));
    return {
      problems: verdicts.flatMap(({ problems }) => problems),
      warnings: verdicts.flatMap(({ warnings }) => warnings),
    };
  }
  const unreadable = / cannot be handled as an? \w+: (.*)$/s.exec(message)?.[1];
  if (code !== 400 || unreadable === undefined || isForeign(message)) return NOTHING;
  const paths = undecodablePaths(trial.object, unreadable);
  const field = TEMPLATES[trial.of];
  const problems =
    paths.length > 0
      ? paths.map((path) => problem(fluentPVC, trial, path, unreadable))
      : [{ field, message: worded(fluentPVC, field, unreadable) }];
  return { problems, warnings: [] };
}

function causeVerdict(fluentPVC: FluentPVC, trial: Trial, cause: Cause): Verdict {
  const { field: path = '', message = '' } = cause;
  if (path === '') return NOTHING;
  const volume = podsOwnVolume(trial, cause);
  if (volume === undefined) {
    return { problems: [problem(fluentPVC, trial, path, message)], warnings: [] };
  }
  const field = fluentPVCField(fluentPVC.spec, trial, path) ?? path;
  const warning = `${field}: only Pods with a volume "${volume}" of their own are admitted: nothing here defines it`;
  return { problems: [], warnings: [cutWarning(warning)] };
}

const VOLUME_USE =
  /^spec\.(containers|initContainers)\[(\d+)\]\.(volumeMounts|volumeDevices)\[(\d+)\]\.name$/;

/**
 * Name of a volume that the tried Pod lacks, and that Pods may have of their own. What a Job lacks
 * nobody else brings.
 */
function podsOwnVolume(trial: Trial, { field = '', reason }: Cause): string | undefined {
  if (trial.of !== 'Pod' || reason !== 'FieldValueNotFound') return undefined;
  const found = VOLUME_USE.exec(field);
  if (found === null) return undefined;
  const [, list, index, use, at] = found;
  const container = trial.object.spec[list as 'initContainers']?.[Number(index)];
  return container?.[use as 'volumeMounts']?.[Number(at)]?.name;
}

/** Others may use the same codes. (A policy names no field.) */
function isForeign(message: string): boolean {
  return message.startsWith('admission webhook ');
}

function problem(fluentPVC: FluentPVC, trial: Trial, path: string, why: string): Problem {
  const field = fluentPVCField(fluentPVC.spec, trial, path);
  return field === undefined
    ? { field: 'spec', message: `the ${trial.of} made of it: ${path}: ${why}` }
    : { field, message: worded(fluentPVC, field, why) };
}

/** With the original operator's wording, which is what people search for. */
function worded(fluentPVC: FluentPVC, field: string, why: string): string {
  const name = fluentPVC.metadata.name ?? '';
  if (field.startsWith('spec.pvcFinalizerJobSpecTemplate')) {
    return `JobSpec is invalid. FluentPVC Name: '${name}': ${why}`;
  }
  return /^spec\.(pvcSpecTemplate|pvcMetadata)/.test(field)
    ? `PVCSpec is invalid. FluentPVC Name: '${name}': ${why}`
    : why;
}

function untriedWarnings(namespace: string, untried: readonly TrialResult[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const { trial, refusal } of untried) {
    if (refusal === undefined) continue;
    const why = whyUntried(refusal);
    kinds.set(why, [...(kinds.get(why) ?? []), trial.of]);
  }
  return [...kinds].map(([why, names]) =>
    cutWarning(`${names.join(', ')} could not be tried out in namespace "${namespace}": ${why}`),
  );
}

function whyUntried(refusal: Refusal): string {
  if (refusal.kind === 'unanswered') return 'the API server did not answer in time';
  const { code, message, details } = refusal;
  if (code === 404 && details.kind === 'namespaces') {
    return 'it does not exist; create it, or name another one with --validation-namespace';
  }
  return `${message} (${code})`;
}

function unknownFields({ spec }: FluentPVC, { trial, warnings }: TrialResult): string[] {
  return warnings.flatMap((warning) => {
    const path = /^unknown field "(.*)"$/.exec(warning)?.[1];
    const field = path === undefined ? undefined : fluentPVCField(spec, trial, path);
    return field === undefined
      ? []
      : [cutWarning(`unknown field "${field}": the API server ignores it`)];
  });
}
