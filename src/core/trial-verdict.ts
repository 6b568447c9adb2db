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
      details: { kind?: string; causes?: readonly { field?: string; message?: string }[] };
    };

const TEMPLATES: Record<Trial['of'], string> = {
  PVC: 'spec.pvcSpecTemplate',
  Job: 'spec.pvcFinalizerJobSpecTemplate',
  Pod: 'spec.sidecarContainerTemplate',
};

/**
 * What the trials say of the FluentPVC. Denied is what could be in no namespace: what the API server
 * finds invalid (422, with the fields) or cannot read at all (400). Everything else is no word on
 * the FluentPVC (quota, Pod Security, policies and webhooks of others, an API server that does not
 * answer) and becomes a warning.
 */
export function trialVerdict(
  fluentPVC: FluentPVC,
  namespace: string,
  results: readonly TrialResult[],
): Verdict {
  const found = results.map(({ trial, refusal }) =>
    refusal === undefined ? [] : problemsOf(fluentPVC, trial, refusal),
  );
  const untried = results.filter(
    ({ refusal }, index) => refusal !== undefined && found[index]?.length === 0,
  );
  return mergeVerdicts(
    ...found.map((problems) => ({ problems, warnings: [] })),
    { problems: [], warnings: untriedWarnings(namespace, untried) },
    { problems: [], warnings: results.flatMap((result) => unknownFields(fluentPVC, result)) },
  );
}

function problemsOf(fluentPVC: FluentPVC, trial: Trial, refusal: Refusal): Problem[] {
  if (refusal.kind === 'unanswered') return [];
  const { code, message, details } = refusal;
  if (code === 422 && !isForeign(message)) {
    return (details.causes ?? []).flatMap(({ field = '', message: why = '' }) =>
      field === '' ? [] : [problem(fluentPVC, trial, field, why)],
    );
  }
  const unreadable = / cannot be handled as an? \w+: (.*)$/s.exec(message)?.[1];
  if (code !== 400 || unreadable === undefined || isForeign(message)) return [];
  const paths = undecodablePaths(trial.object, unreadable);
  if (paths.length > 0) return paths.map((path) => problem(fluentPVC, trial, path, unreadable));
  const field = TEMPLATES[trial.of];
  return [{ field, message: worded(fluentPVC, field, unreadable) }];
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
