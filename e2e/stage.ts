import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { createClient, type KubeClient } from '../src/kube/client.ts';
import { connect } from '../src/kube/connection.ts';
import { eventually } from '../test/support/eventually.ts';
import { startCluster } from './cluster/cluster.ts';
import type { Cluster } from './cluster/running-cluster.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { asPartOf } from './marked-operator.ts';
import { observe, type Observer } from './observer.ts';
import { startOperator, type OperatorProcess } from './operator.ts';

/** A real node with this checkout's operator, for a file of tests, seen from one of its namespaces. */
export interface Stage {
  cluster: Cluster;
  client: KubeClient;
  /** In `namespace`, unless a flag says otherwise. */
  kubectl: Kubectl;
  namespace: string;
  /** Folder of this machine that Pods see as /tmp/drained: what drains have found. */
  drained: string;
  /** With further flags. */
  startOperator(args?: readonly string[]): Promise<OperatorProcess>;
}

/** How long something on a real node may take, in ms: a writer that vanished, more than two minutes. */
export const PATIENCE_MS = 240_000;

/** Each part is left in `parts` before the next one can fail, so that nothing outlives the tests. */
export async function openStage(name: string, parts: AsyncDisposableStack): Promise<Stage> {
  const giveUp = new AbortController();
  const starting = startCluster({ name, nodes: { kind: 'real' }, signal: giveUp.signal });
  parts.defer(async () => {
    // Also one whose start takes longer than jest waits for it.
    giveUp.abort();
    const started = await starting.catch(() => undefined);
    await started?.stop({ keepLogs: process.env.E2E_KEEP_LOGS === 'true' });
  });
  const cluster = await starting;
  const connection = await connect({ kubeconfig: cluster.kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  const client = createClient(connection, 'e2e');
  // The node has a /tmp of its own, where its volumes are, too.
  const drained = join(dirname(cluster.volumes), 'drained');
  await mkdir(drained, { recursive: true });
  return {
    cluster,
    client,
    kubectl: createKubectl(cluster),
    namespace: 'default',
    drained,
    startOperator: (args = []) =>
      startOperator({
        ...asPartOf(name),
        args,
        kubeconfig: cluster.kubeconfig,
        client,
        logFile: join(dirname(cluster.kubeconfig), 'operator.log'),
      }),
  };
}

/** A stage whose operator runs, and is watched. */
export interface WatchedStage {
  stage: Stage;
  observer: Observer;
}

/** Opens a stage, starts its operator and watches what there is. */
export async function openWatchedStage(
  name: string,
  parts: AsyncDisposableStack,
): Promise<WatchedStage> {
  const stage = await openStage(name, parts);
  const operator = await stage.startOperator();
  parts.defer(() => operator.stop());
  const over = new AbortController();
  parts.defer(() => {
    over.abort();
  });
  const observer = await observe({ client: stage.client, clock: systemClock }, over.signal);
  return { stage, observer };
}

/** The same stage from another namespace. */
export function stageIn(stage: Stage, namespace: string): Stage {
  return { ...stage, namespace, kubectl: createKubectl({ ...stage.cluster, namespace }) };
}

/** The same stage from a namespace that is made: what happens in several can happen at the same time. */
export async function openNamespace(stage: Stage, namespace: string): Promise<Stage> {
  const own = stageIn(stage, namespace);
  await own.kubectl('create', 'namespace', namespace);
  await eventually('the ServiceAccount of the namespace', () =>
    own.kubectl('get', 'serviceaccount', 'default'),
  );
  return own;
}
