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

/**
 * One verdict of several, the best informed first. Where an earlier one has found fault with a field
 * a later one is not heard on it: several see the same thing, each in its own words.
 */
export function mergeVerdicts(...verdicts: readonly Verdict[]): Verdict {
  const problems: Problem[] = [];
  for (const verdict of verdicts) {
    const known = new Set(problems.map(({ field }) => field));
    for (const problem of verdict.problems) {
      const said = problems.some(
        ({ field, message }) => field === problem.field && message === problem.message,
      );
      if (!known.has(problem.field) && !said) problems.push(problem);
    }
  }
  return { problems, warnings: [...new Set(verdicts.flatMap(({ warnings }) => warnings))] };
}

/** For people: everything that is wrong, each at its place. */
export function problemText(problems: readonly Problem[]): string {
  return problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
}

/** The API server cuts admission warnings at this length, without a sign of it. */
const MAX_WARNING_LENGTH = 256;

/** A warning no longer than the API server hands on. */
export function cutWarning(text: string): string {
  return text.length <= MAX_WARNING_LENGTH ? text : `${text.slice(0, MAX_WARNING_LENGTH - 1)}…`;
}
