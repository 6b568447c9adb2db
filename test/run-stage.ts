import { join } from 'node:path';
import { obtainCertManager } from '../e2e/cert-manager.ts';
import { obtainSoftware, startCluster } from '../e2e/cluster/cluster.ts';
import { oldestKubernetesVersion } from '../e2e/cluster/recipes.ts';
import { createReporter } from '../e2e/cluster/reporter.ts';
import { obtainHelm } from '../e2e/helm.ts';
import { ensureBuilder } from '../e2e/image/build.ts';
import { obtainLogCollection } from '../e2e/log-collection/images.ts';
import { prometheusOperatorDefinitions } from '../e2e/prometheus-operator.ts';
import { obtainTool } from '../e2e/tools.ts';
import { runJest, type Tally } from './run-jest.ts';
import { bin, run, type Running } from './run-program.ts';
import type { Stage } from './stages.ts';

/** What of a stage. */
export interface Wanted {
  /** Of API servers, where it is not the stage's: `--kubernetes=1.33.13`, or `oldest`. */
  kubernetes: string | undefined;
  /** Words that a file's path has one of; empty for all files. */
  files: readonly string[];
  /** With the files that take long, where no word names any. */
  long: boolean;
  /** For jest. */
  flags: readonly string[];
}

const isCI = process.env.CI === 'true';

/**
 * Obtains the programs of a stage. Builds take longer than any test may, and both cores: they are over
 * when the first test begins.
 */
export async function prepare(stage: Stage, wanted: Wanted): Promise<void> {
  if (stage.needs === 'nothing' || whyImpossible(stage) !== undefined) return;
  const reporter = createReporter(process.stdout, () => performance.now());
  await obtainHelm(reporter);
  if (stage.needs === 'api server') {
    const nodes = { kind: 'kwok', count: 0 } as const;
    await obtainSoftware({ nodes, reporter, ...versionOf(stage, wanted) });
    await obtainTool('promtool', reporter);
    if (!isWithLong(wanted)) return;
    await obtainTool('helm3', reporter);
    await obtainCertManager(reporter);
    await prometheusOperatorDefinitions();
    return;
  }
  await obtainSoftware({ nodes: { kind: 'real' }, reporter });
  await obtainSoftware({ nodes: { kind: 'kwok', count: 1 }, reporter });
  if (!isWithLong(wanted)) return;
  await obtainLogCollection(reporter);
  await obtainCertManager(reporter);
  await ensureBuilder(reporter);
}

/** Runs a stage that is prepared; what it starts is stopped when it returns. */
export async function runStage(stage: Stage, wanted: Wanted, running: Running): Promise<Tally> {
  const { say, signal } = running;
  const reason = whyImpossible(stage);
  if (reason !== undefined) {
    say(`skipped: ${reason}\n`);
    return { passed: 0, failures: isCI ? [reason] : [], skipped: 1 };
  }
  if ('programs' in stage.run) return runPrograms(stage.run.programs, running);
  const { jest, workers, testTimeoutMs } = stage.run;
  const flags = [
    `--testTimeout=${testTimeoutMs}`,
    ...(workers === undefined ? [] : [`--maxWorkers=${workers}`]),
    ...wanted.flags,
  ];
  const files = wanted.files.length === 0 ? '' : `.*(${wanted.files.join('|')})`;
  const patterns = jest.map((path) => `${path}${isWithLong(wanted) ? '' : NOT_LONG}${files}`);
  if (stage.needs !== 'api server') return runJest(patterns, flags, {}, running);
  await using clusters = new AsyncDisposableStack();
  const reporter = createReporter({ write: (text) => (say(text), true) }, () => performance.now());
  const env: Record<string, string> = {
    TEST_HELM: await obtainHelm(reporter),
    TEST_PROMTOOL: await obtainTool('promtool', reporter),
  };
  // One for each file that runs at the same time: an operator has a cluster for itself.
  for (let worker = 1; worker <= (workers ?? 1); worker += 1) {
    const nodes = { kind: 'kwok', count: 0 } as const;
    const name = `api-tests-${worker}`;
    const cluster = await startCluster({
      name,
      nodes,
      reporter,
      signal,
      ...versionOf(stage, wanted),
    });
    clusters.defer(() => cluster.stop());
    env.TEST_KUBECTL = cluster.kubectl;
    env[`TEST_KUBECONFIG_${worker}`] = cluster.kubeconfig;
  }
  return await runJest(patterns, flags, env, running);
}

const NOT_LONG = '(?!.*\\.long\\.test\\.ts$)';

/** A file that somebody names is wanted, however long it takes. */
function isWithLong({ long, files }: Wanted): boolean {
  return long || files.length > 0;
}

function versionOf(stage: Stage, { kubernetes }: Wanted): { kubernetesVersion?: string } {
  const named = kubernetes === 'oldest' ? oldestKubernetesVersion : kubernetes;
  const version = named ?? stage.kubernetes;
  return version === undefined ? {} : { kubernetesVersion: version };
}

function whyImpossible(stage: Stage): string | undefined {
  if (stage.needs !== 'real node') return undefined;
  if (process.platform !== 'linux') return 'a real node needs Linux';
  return process.getuid?.() === 0 ? undefined : 'a real node needs root';
}

async function runPrograms(
  programs: readonly (readonly string[])[],
  running: Running,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failures: [], skipped: 0 };
  for (const [program = '', ...args] of programs) {
    const end = await run({ file: join(bin, program), args }, running);
    const command = [program, ...args].join(' ');
    running.say(`${end === 0 ? 'ok' : 'FAILED'}  ${command}\n`);
    if (end === 0) tally.passed += 1;
    else tally.failures.push(`${command}: ends with ${end}`);
  }
  return tally;
}
