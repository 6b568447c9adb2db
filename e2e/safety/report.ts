import { type Fault, FAULTS } from './faults.ts';
import { knownSum, type Measured, type RunResult } from './result.ts';

/** Of so many runs one at least must be struck by each fault. */
const RUNS_A_FAULT = 10;

/** What should be gone at the end: names. */
export interface Leftovers {
  readonly claims: readonly string[];
  readonly volumes: readonly string[];
  readonly bindings: readonly string[];
  readonly jobs: readonly string[];
  readonly namespaces: readonly string[];
}

/**
 * A table by fault, as docs/data-safety.md has it, and what took no effect. A run counts for each fault
 * that it was seen to be struck by. Pure.
 */
export function tableOf(results: readonly RunResult[], left: Leftovers): readonly string[] {
  const groups: readonly Group[] = [
    ...FAULTS.map((fault): Group => [fault, (faults) => faults.includes(fault)]),
    ['none', (faults) => faults.length === 0],
    ['two or more at once', (faults) => faults.length > 1],
    ['**all**', () => true],
  ];
  const columns = [
    ...['fault', 'asked for', 'took effect', 'lines', 'left to the Job', 'lost', 'duplicated'],
    ...['drained after, median', 'longest'],
  ];
  const missed = results.flatMap((result) =>
    result.missed.map((what) => `- seed ${result.seed}, run ${result.run}: ${what}`),
  );
  return [
    rowText(columns),
    `|---|${'--:|'.repeat(columns.length - 1)}`,
    ...groups.map((group) => rowOf(group, results)),
    '',
    ...(missed.length === 0 ? [] : ['Asked for, and not seen to take effect:', '', ...missed, '']),
    `Left at the end: ${leftTexts(left).join(', ')}.`,
  ];
}

/** Lines that the backend has beyond those of the runs. Pure. */
export function strangersOf(inAll: number, results: readonly RunResult[]): Measured {
  const received = results.map((result) => result.received);
  return received.includes('not measured') ? 'not measured' : inAll - knownSum(received);
}

/** Which faults took effect too seldom for the series to prove anything of them. Pure. */
export function shortfalls(results: readonly RunResult[]): readonly string[] {
  const needed = Math.floor(results.length / RUNS_A_FAULT);
  return FAULTS.flatMap((fault) => {
    const struck = results.filter(({ faults }) => faults.includes(fault)).length;
    if (struck >= needed) return [];
    return [`"${fault}" took effect in ${struck} of ${results.length} runs: ${needed} are needed`];
  });
}

/** Why not all is well, a sentence each. Pure. */
export function faultsOf(
  results: readonly RunResult[],
  left: Leftovers,
  strangers: Measured,
): readonly string[] {
  const failed = results.filter(({ troubles }) => troubles.length > 0);
  const sentences = failed.flatMap(({ seed, run, troubles, evidence }) => [
    ...troubles.map((trouble) => `seed ${seed}, run ${run}: ${trouble}`),
    ...(evidence === undefined ? [] : [`seed ${seed}, run ${run}: evidence is in ${evidence}`]),
  ]);
  if (knownSum(results.map(({ lines }) => lines)) === 0) {
    sentences.push('no line was written: nothing is proven');
  }
  if (strangers !== 0 && strangers !== 'not measured') {
    sentences.push(`the backend has ${strangers} lines that are of no run`);
  }
  for (const [what, names] of Object.entries(left) as [string, string[]][]) {
    if (names.length > 0) sentences.push(`${what} are left: ${names.join(', ')}`);
  }
  return sentences;
}

/** Name of a row, and which runs are in it, by what was asked for or by what took effect. */
type Group = readonly [name: string, has: (faults: readonly Fault[]) => boolean];

function rowOf([name, has]: Group, results: readonly RunResult[]): string {
  const asked = results.filter((run) => has(run.asked));
  const runs = results.filter((run) => has(run.faults));
  const sum = (of: (run: RunResult) => Measured): string => sumText(runs.map(of));
  // Who was never drained has waited longest.
  const seconds = runs
    .map((run) => (run.seconds === 'not measured' ? Infinity : run.seconds))
    .toSorted((a, b) => a - b);
  return rowText([
    name,
    asked.length,
    runs.length,
    sum(({ lines }) => lines),
    sum(({ left }) => left),
    sum(({ lost }) => lost),
    sum(({ duplicated }) => duplicated),
    secondsText(seconds[Math.floor((seconds.length - 1) / 2)]),
    secondsText(seconds.at(-1)),
  ]);
}

function rowText(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Empty where there is no run. */
function sumText(figures: readonly Measured[]): string {
  if (figures.length === 0) return '';
  const known = figures.filter((each) => each !== 'not measured');
  if (known.length === 0) return 'not measured';
  return known.length === figures.length ? `${knownSum(known)}` : `at least ${knownSum(known)}`;
}

function secondsText(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  return seconds === Infinity ? 'not measured' : `${seconds.toFixed(1)} s`;
}

function leftTexts({ claims, volumes, bindings, jobs, namespaces }: Leftovers): readonly string[] {
  return [
    `${claims.length} PVCs`,
    `${volumes.length} PersistentVolumes`,
    `${bindings.length} bindings`,
    `${jobs.length} finalizer Jobs`,
    `${namespaces.length} namespaces`,
  ];
}
