import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binding } from '../src/api/binding.ts';
import { labels } from '../src/api/names.ts';
import type { Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import { systemClock } from '../src/clock.ts';
import { createClient, type KubeClient } from '../src/kube/client.ts';
import { connect } from '../src/kube/connection.ts';
import { eventually } from '../test/support/eventually.ts';
import { startCluster } from './cluster/cluster.ts';
import type { Cluster } from './cluster/running-cluster.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { startOperator, type OperatorProcess } from './operator.ts';

/** A real node with this checkout's operator, for a file of tests. */
export interface Stage {
  cluster: Cluster;
  client: KubeClient;
  kubectl: Kubectl;
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
    await started?.stop();
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
    drained,
    startOperator: (args = []) =>
      startOperator({
        args,
        kubeconfig: cluster.kubeconfig,
        client,
        logFile: join(dirname(cluster.kubeconfig), 'operator.log'),
      }),
  };
}

/** The binding of that name, which is the name of its claim, too. */
export function bindingOf(
  stage: Stage,
  name: string,
  namespace = 'default',
): Promise<Stored<Binding> | undefined> {
  return stage.client.get<Binding>({ kind: 'FluentPVCBinding', namespace, name });
}

export function getPod(
  stage: Stage,
  name: string,
  namespace = 'default',
): Promise<Stored<Pod> | undefined> {
  return stage.client.get<Pod>({ kind: 'Pod', namespace, name });
}

/** Name of the binding of a Pod, once the Pod is there and runs. */
export async function runningBinding(
  stage: Stage,
  name: string,
  namespace = 'default',
): Promise<string> {
  return eventually(
    `Pod ${name} to run`,
    async () => {
      const found = await getPod(stage, name, namespace);
      return found?.status?.phase === 'Running'
        ? found.metadata.labels?.[labels.binding]
        : undefined;
    },
    PATIENCE_MS,
  );
}

/** Waits until neither bindings nor managed claims are left. */
export async function nothingLeft(stage: Stage): Promise<void> {
  await eventually(
    'all bindings and claims to go',
    async () => {
      const left = await stage.kubectl('get', 'fpvcb,pvc,jobs', '-A', '-o', 'name');
      if (left !== '') throw new Error(left);
      return true;
    },
    PATIENCE_MS,
  );
}
