import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from '../e2e/cluster/cluster.ts';
import { readEnvironment } from '../e2e/cluster/environment.ts';
import { withLock } from '../e2e/cluster/lock.ts';
import { type ProgramContext, runProgram } from '../e2e/program.ts';
import { messageOf } from '../src/errors.ts';
import type { Tally } from './run-jest.ts';
import { root, type Say } from './run-program.ts';
import { prepare, runStage, type Wanted } from './run-stage.ts';
import { PHASES, STAGES, type Stage } from './stages.ts';

const isCI = process.env.CI === 'true';
// Tests of two checkouts at once have clusters of the same names.
process.env.XDG_STATE_HOME = join(
  process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'),
  `tests-${createHash('sha256').update(root).digest('hex').slice(0, 6)}`,
);
// The same sources are started dozens of times: compiled once, a start takes half the CPU.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compile');

/**
 * `npm test [-- STAGE ... [WORD ...] [--all] [--kubernetes=VERSION] [JEST FLAG ...]]`: the stages named,
 * or all; of their files those whose path has one of the words, or all that do not take long, or with
 * `--all` all. The last line is the sum, for people and for CI; the exit code is 0 only if nothing failed.
 */
async function main(argv: readonly string[], { signal }: ProgramContext): Promise<number> {
  const names = argv.filter((argument) => STAGES.some((stage) => stage.name === argument));
  const others = argv.filter(
    (argument) => !names.includes(argument) && !['--', '--all'].includes(argument),
  );
  const version = /^--kubernetes=(.*)$/;
  const wanted: Wanted = {
    kubernetes: others.map((argument) => version.exec(argument)?.[1]).find(Boolean),
    files: others.filter((argument) => !argument.startsWith('-')),
    long: argv.includes('--all'),
    flags: others.filter((argument) => argument.startsWith('-') && !version.test(argument)),
  };
  const isChosen = (stage: Stage): boolean =>
    names.length === 0 ? stage.onlyByName !== true : names.includes(stage.name);

  if (!STAGES.some((stage) => isChosen(stage) && stage.needs !== 'nothing')) {
    return runStages(isChosen, wanted, signal);
  }
  const lock = {
    file: join(readEnvironment().stateFolder, '.tests.run'),
    what: 'the test run of this checkout',
    timeout: OTHERS_MS,
    onWait: (holder: number): void => {
      write(`waiting for process ${holder}: tests of this checkout with the same clusters\n`);
    },
    signal,
  };
  return withLock(lock, async () => {
    try {
      return await runStages(isChosen, wanted, signal);
    } finally {
      if (signal.aborted) await stopClusters();
    }
  });
}

/** Those of tests that were interrupted, which could not stop them. */
async function stopClusters(): Promise<void> {
  const environment = readEnvironment();
  for (const name of await readdir(environment.stateFolder)) {
    if (!name.startsWith('.')) await stopCluster(environment, name, { keepLogs: true });
  }
}

/** How long a run of the same checkout that came before may take, in ms. */
const OTHERS_MS = 3_600_000;

async function runStages(
  isChosen: (stage: Stage) => boolean,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<number> {
  let passed = 0;
  let skipped = 0;
  const failures: string[] = [];
  /** Why the programs of a stage could not be obtained. */
  const unprepared = new Map<Stage, unknown>();
  /** One after the other. */
  const runRow = async (row: readonly Stage[], prefixed: boolean): Promise<void> => {
    for (const stage of row) {
      signal.throwIfAborted();
      const say = prefixed ? sayAs(stage.name) : write;
      const startedAt = performance.now();
      say(`=== ${stage.name}\n`);
      const tally = await (
        unprepared.has(stage)
          ? Promise.reject(unprepared.get(stage) as Error)
          : runStage(stage, wanted, { say, signal })
      ).catch(broken(say));
      passed += tally.passed;
      skipped += tally.skipped;
      failures.push(...tally.failures.map((failure) => `${stage.name}: ${failure}`));
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      say(
        `=== ${stage.name}: ${tally.passed} passed, ${tally.failures.length} failed in ${seconds} s\n`,
      );
    }
  };
  for (const phase of PHASES) {
    const rows = phase.map((row) => row.filter(isChosen)).filter((row) => row.length > 0);
    for (const stage of rows.flat()) {
      signal.throwIfAborted();
      await prepare(stage, wanted).catch((error: unknown) => unprepared.set(stage, error));
    }
    // Each to its end, also when it is interrupted: it stops what it has started.
    await Promise.allSettled(rows.map((row) => runRow(row, rows.length > 1)));
    signal.throwIfAborted();
  }

  // Together at the end: of a long output often only the last lines are kept.
  write(failures.map((failure) => `\nFAILED ${failure}`).join(''));
  const left = skipped === 0 ? '' : `, ${skipped} skipped`;
  if (isCI && skipped > 0) write('\nCI=true allows no skipped test');
  write(`\n\n${passed} passed, ${failures.length} failed${left}\n`);
  return failures.length > 0 || (isCI && skipped > 0) ? 1 : 0;
}

/** A stage that cannot run, such as one whose cluster does not start, keeps no other from running. */
function broken(say: Say): (error: unknown) => Tally {
  return (error) => {
    say(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return { passed: 0, failures: [messageOf(error).split('\n')[0] ?? ''], skipped: 0 };
  };
}

const write: Say = (text) => {
  process.stdout.write(text);
};

/** Of one of several stages that speak at the same time. */
function sayAs(name: Stage['name']): Say {
  return (text) => {
    write(text.replaceAll(/^(?=.)/gm, `${name.padEnd(6)} | `));
  };
}

await runProgram('test', main);
