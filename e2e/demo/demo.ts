import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { UserError } from '../../src/errors.ts';
import { createClient } from '../../src/kube/client.ts';
import { connect } from '../../src/kube/connection.ts';
import { foldersOf, startCluster, stopCluster } from '../cluster/cluster.ts';
import type { Environment } from '../cluster/environment.ts';
import { withLock } from '../cluster/lock.ts';
import { whenInterrupted } from '../cluster/readiness.ts';
import type { Reporter } from '../cluster/reporter.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { createKubectl } from '../kubectl.ts';
import { ensureLogCollectionImages } from '../log-collection/images.ts';
import { playLogs } from '../log-collection/story.ts';
import { operatorLog, startMarkedOperator } from '../marked-operator.ts';
import { observe } from '../observer.ts';
import type { OperatorProcess } from '../operator.ts';
import { chronicle } from './chronicle.ts';
import { castOf, sayHowToLookAround } from './look-around.ts';
import type { DemoOptions, NodeKind } from './options.ts';
import { playReal, type Stage } from './scenario.ts';
import { playSimulated } from './simulated.ts';
import { faultsOf, leftoverFaults, leftoverTable, tallyTable } from './tally.ts';

/** What a run of the demo works with. */
export interface DemoContext {
  readonly environment: Environment;
  readonly reporter: Reporter;
  /** Takes everything down and ends. */
  readonly signal: AbortSignal;
}

/** How the story ended. */
interface Outcome {
  readonly table: readonly string[];
  /** What was wrong, a sentence each. */
  readonly faults: readonly string[];
  /** What is proven where nothing was wrong. */
  readonly proven: string;
}

/** Name of the demo's cluster, for `npm run cluster`. */
const clusterName = 'demo';

/** Plays the demo from an empty machine to an empty machine; true when nothing was wrong. */
export async function runDemo(
  options: DemoOptions & { readonly nodes: NodeKind },
  context: DemoContext,
): Promise<boolean> {
  const { stateFolder } = context.environment;
  await mkdir(stateFolder, { recursive: true });
  const lock = { file: join(stateFolder, '.demo.run'), what: 'the demo', timeout: 0 };
  return withLock(lock, () => playWithCluster(options, context));
}

async function playWithCluster(
  options: DemoOptions & { readonly nodes: NodeKind },
  context: DemoContext,
): Promise<boolean> {
  const { environment, reporter, signal } = context;
  const cluster = await startCluster({
    name: clusterName,
    nodes: options.nodes === 'real' ? { kind: 'real' } : { kind: 'kwok', count: 1 },
    environment,
    reporter,
    signal,
  }).catch(async (thrown: unknown) => {
    // A failed start leaves its logs, which who interrupts does not want.
    if (signal.aborted) await stopCluster(environment, clusterName, { keepLogs: false });
    throw thrown;
  });
  let keepLogs = true;
  let kept = false;
  try {
    if (options.example === 'log-collection') await ensureLogCollectionImages(cluster, reporter);
    const { outcome, operator } = await playWithOperator(options, cluster, context);
    for (const line of ['', ...outcome.table, '', ...verdict(outcome)]) reporter.line(line);
    // A planted loss is no riddle.
    keepLogs = outcome.faults.length > 0 && options.finalizerCommand === undefined;
    kept = operator !== undefined;
    if (operator !== undefined) sayHowToLookAround(cluster, operator, options, reporter);
    return outcome.faults.length === 0;
  } catch (thrown) {
    keepLogs = !signal.aborted;
    throw thrown;
  } finally {
    if (!kept) {
      await cluster.stop({ keepLogs });
      const logs = keepLogs ? `; its logs are in ${foldersOf(environment, clusterName).logs}` : '';
      reporter.step(`cluster ${clusterName} is removed${logs}`);
    }
  }
}

/** The outcome, and the operator where it is to live on. */
async function playWithOperator(
  options: DemoOptions & { readonly nodes: NodeKind },
  cluster: Cluster,
  { environment, reporter, signal }: DemoContext,
): Promise<{ outcome: Outcome; operator?: OperatorProcess }> {
  await using parts = new AsyncDisposableStack();
  const connection = await connect({ kubeconfig: cluster.kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  const client = createClient(connection, 'fluent-pvc-demo');

  const log = operatorLog(environment, cluster.name);
  reporter.step(`starting this checkout's operator; its log is ${log}`);
  const operator = await startMarkedOperator(cluster, { environment, client, signal });
  reporter.step(`operator runs as process ${operator.pid}; its webhook is registered`);

  const failed = new AbortController();
  void operator.ended.then((how) => {
    failed.abort(new UserError(`the operator ended: ${how}`));
  });
  const either = AbortSignal.any([signal, failed.signal]);
  const watching = new AbortController();
  try {
    const observer = await observe(
      { client, clock: systemClock },
      AbortSignal.any([either, watching.signal]),
    );
    chronicle(observer, castOf(options), (line) => {
      reporter.step(`  ${line}`);
    });
    const act = (line: string): void => {
      reporter.step(line);
    };
    const kubectl = createKubectl(cluster);
    const stage: Stage = { client, observer, kubectl, act, signal: either };
    const outcome = await Promise.race([play(options, stage), whenInterrupted(either)]);
    if (options.keep) {
      operator.release();
      return { outcome, operator };
    }
    await operator.stop();
    reporter.step('operator is stopped');
    return { outcome };
  } catch (thrown) {
    // The first fault is the one to tell.
    await operator.stop().catch(() => undefined);
    throw thrown;
  } finally {
    watching.abort();
  }
}

async function play(
  options: DemoOptions & { readonly nodes: NodeKind },
  stage: Stage,
): Promise<Outcome> {
  if (options.nodes === 'real') {
    const tally =
      options.example === 'demo' ? await playReal(stage, options) : await playLogs(stage);
    const proven = 'every line arrived, and nothing is left';
    return { table: tallyTable(tally), faults: faultsOf(tally), proven };
  }
  const left = await playSimulated(stage);
  const uncounted = '  lines are not counted: a simulated node runs no containers';
  const table = [uncounted, ...leftoverTable(left)];
  return { table, faults: leftoverFaults(left), proven: 'nothing is left' };
}

function verdict({ faults, proven }: Outcome): readonly string[] {
  if (faults.length === 0) return [`OK: ${proven}.`];
  return faults.map((fault) => `FAILED: ${fault}.`);
}
