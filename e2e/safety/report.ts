import { FAULTS } from './faults.ts';
import type { RunResult } from './result.ts';

/** What should be gone at the end: names. */
export interface Leftovers {
  readonly claims: readonly string[];
  readonly volumes: readonly string[];
  readonly bindings: readonly string[];
  readonly jobs: readonly string[];
  readonly namespaces: readonly string[];
}

/** A table by fault, as docs/data-safety.md has it. A run counts for each fault that struck it. Pure. */
export function tableOf(results: readonly RunResult[], left: Leftovers): readonly string[] {
  const groups: [string, RunResult[]][] = FAULTS.map((fault) => [
    fault,
    results.filter(({ faults }) => faults.includes(fault)),
  ]);
  groups.push(
    ['none', results.filter(({ faults }) => faults.length === 0)],
    ['two or more at once', results.filter(({ faults }) => faults.length > 1)],
    ['**all**', [...results]],
  );
  return [
    '| fault | runs | lines | left to the Job | lost | duplicated | drained after, median | longest |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...groups.map(([name, runs]) => rowOf(name, runs)),
    '',
    `Left at the end: ${leftTexts(left).join(', ')}.`,
  ];
}

/** Why not all is well, a sentence each. Pure. */
export function faultsOf(
  results: readonly RunResult[],
  left: Leftovers,
  strangers: number,
): readonly string[] {
  const failed = results.filter(({ troubles }) => troubles.length > 0);
  const sentences = failed.flatMap(({ seed, run, troubles, evidence }) => [
    ...troubles.map((trouble) => `seed ${seed}, run ${run}: ${trouble}`),
    ...(evidence === undefined ? [] : [`seed ${seed}, run ${run}: evidence is in ${evidence}`]),
  ]);
  if (results.every(({ lines }) => lines === 0)) {
    sentences.push('no line was written: nothing is proven');
  }
  if (strangers !== 0) sentences.push(`the backend has ${strangers} lines that are of no run`);
  for (const [what, names] of Object.entries(left) as [string, string[]][]) {
    if (names.length > 0) sentences.push(`${what} are left: ${names.join(', ')}`);
  }
  return sentences;
}

function rowOf(name: string, runs: readonly RunResult[]): string {
  const sum = (of: (run: RunResult) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const seconds = runs.flatMap((run) => run.seconds ?? []).sort((a, b) => a - b);
  const cells = [
    name,
    runs.length,
    sum(({ lines }) => lines),
    sum(({ left }) => left ?? 0),
    sum(({ lost }) => lost),
    sum(({ duplicated }) => duplicated),
    secondsText(seconds[Math.floor((seconds.length - 1) / 2)]),
    secondsText(seconds.at(-1)),
  ];
  return `| ${cells.join(' | ')} |`;
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${seconds.toFixed(1)} s`;
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
