import { dirname, join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { UserError } from '../../src/errors.ts';
import { createClient, type KubeClient } from '../../src/kube/client.ts';
import { connect } from '../../src/kube/connection.ts';
import { startCluster, stopCluster } from '../cluster/cluster.ts';
import type { Environment } from '../cluster/environment.ts';
import { createKubectl } from '../kubectl.ts';
import { operatorLog, startMarkedOperator } from '../marked-operator.ts';
import { observe, type Observer } from '../observer.ts';
import type { OperatorProcess, ProcessEnd } from '../operator.ts';
import type { Example, ExampleStage } from './example.ts';
import { type History, keepHistory, RESCUE_NAMESPACE } from './sight.ts';
import { openTruth, type Truth } from './truth.ts';

/** A real node with this checkout's operator and an example, for all rounds. */
export interface SafetyStage extends ExampleStage {
  readonly client: KubeClient;
  readonly observer: Observer;
  readonly example: Example;
  readonly truth: Truth;
  readonly history: History;
  readonly operator: KilledOperator;
  /** Where what is known of a run that failed is kept. */
  readonly evidenceFolder: string;
  /** Ends all waits: the user, or an operator that ended by itself. */
  readonly signal: AbortSignal;
}

/** An operator that is killed and started again. */
export interface KilledOperator {
  readonly logFile: string;
  /** SIGKILL; how it ended, `undefined` where none was running. */
  kill(): Promise<ProcessEnd | undefined>;
  /** Returns when it leads. */
  start(): Promise<void>;
}

/** Name of the cluster, for `npm run cluster`. */
const CLUSTER = 'safety';

/** Each part is left in `parts` before the next one can fail. */
export async function openStage(
  example: Example,
  context: Pick<ExampleStage, 'reporter'> & { environment: Environment; signal: AbortSignal },
  parts: AsyncDisposableStack,
): Promise<SafetyStage> {
  const { environment, reporter, signal: interrupted } = context;
  parts.defer(async () => {
    await stopCluster(environment, CLUSTER, { keepLogs: false });
    reporter.step('the cluster is removed');
  });
  const nodes = { kind: 'real' } as const;
  const cluster = await startCluster({
    ...{ name: CLUSTER, nodes, environment, reporter, signal: interrupted },
  });
  const connection = await connect({ kubeconfig: cluster.kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  const client = createClient(connection, 'fluent-pvc-safety');

  const failed = new AbortController();
  const signal = AbortSignal.any([interrupted, failed.signal]);
  const operator = createOperator({
    start: () => startMarkedOperator(cluster, { environment, client }),
    logFile: operatorLog(environment, CLUSTER),
    onUnexpectedEnd: (how) => {
      failed.abort(new UserError(`the operator ended by itself: ${how}`));
    },
  });
  parts.defer(async () => {
    await operator.kill();
  });
  await operator.start();
  const watching = new AbortController();
  parts.defer(() => {
    watching.abort(new UserError('all is over'));
  });
  const observer = await observe(
    { client, clock: systemClock },
    AbortSignal.any([signal, watching.signal]),
  );
  const kubectl = createKubectl(cluster);
  const truth = await openTruth(cluster);
  const seen = { client, observer, history: keepHistory(observer), truth };
  const evidenceFolder = join(dirname(environment.stateFolder), 'safety');
  const tools = { cluster, kubectl, reporter, example, operator, evidenceFolder };
  const stage: SafetyStage = { ...tools, ...seen, signal };
  await example.install(stage);
  await example.prepare(stage, RESCUE_NAMESPACE);
  reporter.step(`operator and example ${example.name} are ready`);
  return stage;
}

function createOperator({
  start,
  logFile,
  onUnexpectedEnd,
}: {
  readonly start: () => Promise<OperatorProcess>;
  readonly logFile: string;
  readonly onUnexpectedEnd: (how: string) => void;
}): KilledOperator {
  let running: OperatorProcess | undefined;
  return {
    logFile,
    async kill() {
      const killed = running;
      running = undefined;
      await killed?.kill();
      return killed?.ended;
    },
    async start() {
      const started = await start();
      running = started;
      void started.ended.then((how) => {
        if (running === started) onUnexpectedEnd(how);
      });
    },
  };
}
