import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainCertManager } from '../e2e/cert-manager.ts';
import { obtainSoftware, startCluster } from '../e2e/cluster/cluster.ts';
import { oldestKubernetesVersion } from '../e2e/cluster/recipes.ts';
import { createReporter } from '../e2e/cluster/reporter.ts';
import { obtainHelm } from '../e2e/helm.ts';
import { obtainTool } from '../e2e/tools.ts';
import { ensureBuilder } from '../e2e/image/build.ts';
import { obtainLogCollection } from '../e2e/log-collection/images.ts';
import { STAGES, type Stage } from './stages.ts';

/** What a stage came to. A program counts as one test. */
interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** What of a stage. */
interface Wanted {
  /** Of API servers, where it is not the stage's: `--kubernetes=1.33.13`, or `oldest`. */
  kubernetes: string | undefined;
  /** Words that a file's path has one of; empty for all files. */
  files: readonly string[];
  /** For jest. */
  flags: readonly string[];
}

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');
const isCI = process.env.CI === 'true';
// Tests of two checkouts at once have clusters of the same names.
process.env.XDG_STATE_HOME = join(
  process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'),
  `tests-${createHash('sha256').update(root).digest('hex').slice(0, 6)}`,
);

/**
 * `npm test [-- STAGE ... [FILE ...] [--kubernetes=VERSION] [JEST FLAG ...]]`: one stage after the other, those named or all
 * that do not take long; of their files all, or those whose path matches one of the words. The last
 * line is the sum, for people and for CI; the exit code is 0 only if nothing failed.
 */
async function main(argv: readonly string[]): Promise<number> {
  const names = argv.filter((argument) => STAGES.some((stage) => stage.name === argument));
  const others = argv.filter((argument) => !names.includes(argument));
  const version = /^--kubernetes=(.*)$/;
  const wanted = {
    kubernetes: others.map((argument) => version.exec(argument)?.[1]).find(Boolean),
    files: others.filter((argument) => !argument.startsWith('-')),
    flags: others.filter((argument) => argument.startsWith('-') && !version.test(argument)),
  };
  const chosen = STAGES.filter((stage) =>
    names.length === 0 ? stage.onlyByName !== true : names.includes(stage.name),
  );
  const sum: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of chosen) {
    const startedAt = performance.now();
    say(`\n=== ${stage.name}`);
    const tally = await runStage(stage, wanted);
    sum.passed += tally.passed;
    sum.failed += tally.failed;
    sum.skipped += tally.skipped;
    say(
      `=== ${stage.name}: ${tally.passed} passed, ${tally.failed} failed in ` +
        `${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
  }
  const skipped = sum.skipped === 0 ? '' : `, ${sum.skipped} skipped`;
  say(`\n${sum.passed} passed, ${sum.failed} failed${skipped}`);
  if (isCI && sum.skipped > 0) say('CI=true allows no skipped test');
  return sum.failed > 0 || (isCI && sum.skipped > 0) ? 1 : 0;
}

async function runStage(stage: Stage, wanted: Wanted): Promise<Tally> {
  const reason = whyImpossible(stage);
  if (reason !== undefined) {
    say(`skipped: ${reason}`);
    return { passed: 0, failed: isCI ? 1 : 0, skipped: 1 };
  }
  if ('programs' in stage.run) return runPrograms(stage.run.programs);
  const { jest, workers, testTimeoutMs } = stage.run;
  const named = wanted.kubernetes === 'oldest' ? oldestKubernetesVersion : wanted.kubernetes;
  const kubernetes = named ?? stage.kubernetes;
  const flags = [
    `--testTimeout=${testTimeoutMs}`,
    ...(workers === undefined ? [] : [`--maxWorkers=${workers}`]),
    ...wanted.flags,
  ];
  const files = wanted.files.length === 0 ? '' : `.*(${wanted.files.join('|')})`;
  const patterns = jest.map((path) => path + files);
  const reporter = createReporter(process.stdout, () => performance.now());
  if (stage.needs === 'real node') {
    // Builds take longer than any test may.
    await obtainSoftware({ nodes: { kind: 'real' }, reporter });
    await obtainSoftware({ nodes: { kind: 'kwok', count: 1 }, reporter });
    await obtainHelm(reporter);
    await obtainCertManager(reporter);
    await obtainLogCollection(reporter);
    await ensureBuilder(reporter);
  }
  if (stage.needs !== 'api server') return runJest(patterns, flags, {});
  await using clusters = new AsyncDisposableStack();
  const env: Record<string, string> = {
    TEST_HELM: await obtainHelm(reporter),
    TEST_PROMTOOL: await obtainTool('promtool', reporter),
  };
  // One for each file that runs at the same time: an operator has a cluster for itself.
  for (let worker = 1; worker <= (workers ?? 1); worker += 1) {
    const nodes = { kind: 'kwok', count: 0 } as const;
    const cluster = await startCluster({
      name: `api-tests-${worker}`,
      nodes,
      reporter,
      ...(kubernetes === undefined ? {} : { kubernetesVersion: kubernetes }),
    });
    clusters.defer(() => cluster.stop());
    env.TEST_KUBECTL = cluster.kubectl;
    env[`TEST_KUBECONFIG_${worker}`] = cluster.kubeconfig;
  }
  return await runJest(patterns, flags, env);
}

function whyImpossible(stage: Stage): string | undefined {
  if (stage.needs !== 'real node') return undefined;
  if (process.platform !== 'linux') return 'a real node needs Linux';
  return process.getuid?.() === 0 ? undefined : 'a real node needs root';
}

async function runPrograms(programs: readonly (readonly string[])[]): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [program = '', ...args] of programs) {
    const ok = (await run(join(bin, program), args, {})) === 0;
    say(`${ok ? 'ok' : 'FAILED'}  ${[program, ...args].join(' ')}`);
    tally[ok ? 'passed' : 'failed'] += 1;
  }
  return tally;
}

async function runJest(
  patterns: readonly string[],
  flags: readonly string[],
  env: Record<string, string>,
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
    const exitCode = await run(join(bin, 'node'), args, env);
    const result = JSON.parse(await readFile(file, 'utf8')) as JestResult;
    // A file that does not load, or a leak after the last test, fails without a failed test.
    const silent = result.numFailedTests === 0 && exitCode !== 0 ? 1 : 0;
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + silent,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

/** Exit code of a program whose output goes where ours goes. */
function run(file: string, args: readonly string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    // jest prints its JSON on standard output; what people read goes to standard error.
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', args.includes('--json') ? 'ignore' : 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2).filter((argument) => argument !== '--'));
