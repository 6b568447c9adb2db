import type { ClaimSpec } from './claim.ts';
import type { JobSpec } from './job.ts';
import type { PodSpec } from './pod.ts';
import type { Rule, Schema } from './schema.ts';

/**
 * What a template must say or must not say, in one field: in CEL for the API server, and as a
 * function for whoever meets a FluentPVC that is older than the rule. A `null`, as a template engine
 * may leave it, is absence to both.
 *
 * In CEL a rule stands at the field itself, so it says nothing of a field that is absent. On the
 * template it would lock old FluentPVCs up: the API server forgives an old fault only where it sees
 * that nothing has changed, and it does not compare objects with fields that are not in the schema
 * (seen). Not even a finalizer could be taken off then.
 */
export interface TemplateRule<T> {
  /** A field of the template that the schema declares: CEL sees no other. */
  field: string;
  /** Of its value: `self`. */
  cel: string;
  holds: (template: T) => boolean;
  /** What is said where it does not hold. */
  message: string;
}

export const claimRules: readonly TemplateRule<ClaimSpec>[] = [
  {
    field: 'accessModes',
    cel: 'self.exists(mode, mode != "ReadOnlyMany")',
    holds: ({ accessModes }) => (accessModes ?? []).some((mode) => mode !== 'ReadOnlyMany'),
    message:
      'Invalid PersistentVolumeAccessMode in FluentPVC.Spec.PVCSpecTemplate: a mode that allows a writer is needed',
  },
  {
    field: 'volumeName',
    cel: 'self == ""',
    holds: ({ volumeName }) => (volumeName ?? '') === '',
    message: 'must be absent: each Pod gets a volume of its own',
  },
];

/** Jobs whose success would not mean that the claim is empty. */
export const jobRules: readonly TemplateRule<JobSpec>[] = [
  {
    field: 'completions',
    cel: 'self != 0',
    holds: ({ completions }) => completions !== 0,
    message: 'must not be 0: the Job would succeed undone',
  },
  {
    field: 'parallelism',
    cel: 'self != 0',
    holds: ({ parallelism }) => parallelism !== 0,
    message: 'must not be 0: the Job would never start',
  },
  {
    field: 'suspend',
    cel: '!self',
    holds: ({ suspend }) => suspend !== true,
    message: 'must not be true: the Job would never start',
  },
  {
    field: 'manualSelector',
    cel: '!self',
    holds: ({ manualSelector }) => manualSelector !== true,
    message: 'must not be true: the Job would count Pods of others',
  },
  {
    field: 'selector',
    cel: 'false',
    holds: ({ selector }) => selector == null,
    message: 'must be absent: the Job makes its own',
  },
  {
    field: 'managedBy',
    cel: 'self == ""',
    holds: ({ managedBy }) => (managedBy ?? '') === '',
    message: "must be absent: the outcome is the Job controller's to say",
  },
];

/** Of the PodSpec in the Job template. */
export const jobPodRules: readonly TemplateRule<PodSpec>[] = [
  {
    field: 'restartPolicy',
    cel: 'self in ["Never", "OnFailure"]',
    holds: ({ restartPolicy }) => restartPolicy === 'Never' || restartPolicy === 'OnFailure',
    // As the original's message begins.
    message: 'JobSpec is invalid. It must be Never or OnFailure: Jobs take no other',
  },
];

/** The schema of a field, with the rules for it. */
export function ruled<T>(rules: readonly TemplateRule<T>[], name: string, schema: Schema): Schema {
  const cel = rules
    .filter(({ field }) => field === name)
    .map(({ cel: rule, message }): Rule => ({ rule, message }));
  return { ...schema, 'x-kubernetes-validations': cel };
}
