import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { bin, root, run, type Running } from './run-program.ts';

/** What a stage came to. A program counts as one test. */
export interface Tally {
  passed: number;
  /** A line for each test that failed: which, and how. */
  failures: string[];
  skipped: number;
}

/** Runs the test files whose paths in the checkout match one of the patterns. */
export async function runJest(
  patterns: readonly string[],
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
  running: Running,
): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'jest-result-'));
  const file = join(folder, 'result.json');
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    `--testPathPatterns=${patterns.map((pattern) => `(^${root}/${pattern})`).join('|')}`,
    '--json',
    `--outputFile=${file}`,
    ...flags,
  ];
  try {
    // jest prints its JSON on standard output; what people read goes to standard error.
    const program = { file: join(bin, 'node'), args, stdout: 'ignore' } as const;
    const end = await run({ ...program, env: { ...env, TEST_RUN: folder } }, running);
    const result = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as JestResult,
      (cause: unknown) => {
        throw new Error(`jest ends with ${end} and without a result`, { cause });
      },
    );
    const failures = result.testResults.flatMap(failuresOf);
    // A leak after the last test fails without a failed test.
    if (failures.length === 0 && end !== 0) failures.push(`jest ends with ${end}`);
    return {
      passed: result.numPassedTests,
      failures,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What jest writes into its output file, as far as it is read. */
interface JestResult {
  numPassedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: readonly FileResult[];
}

interface FileResult {
  name: string;
  status: string;
  /** Why a file failed that did not come to its tests. */
  message: string;
  assertionResults: readonly {
    status: string;
    fullName: string;
    failureMessages: readonly string[];
  }[];
}

function failuresOf({ name, status, message, assertionResults }: FileResult): string[] {
  const file = relative(root, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && status === 'failed') return [`${file}: ${inShort(message)}`];
  return failed.map(
    ({ fullName, failureMessages: [why = ''] }) => `${file}: ${fullName}: ${inShort(why)}`,
  );
}

/** In a line, without colours, code, stack and the heading of a file that has failed as a whole. */
function inShort(message: string): string {
  const [said = ''] = stripVTControlCharacters(message).split(/\n\s+(?:at |>? *\d+ \| )/);
  return said
    .replace('● Test suite failed to run', '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 400);
}
