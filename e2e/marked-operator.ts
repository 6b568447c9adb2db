import { join } from 'node:path';
import type { KubeClient } from '../src/kube/client.ts';
import { foldersOf } from './cluster/cluster.ts';
import { type Environment, readEnvironment } from './cluster/environment.ts';
import { identify } from './cluster/process-table.ts';
import { markVariable } from './cluster/processes.ts';
import type { Cluster } from './cluster/running-cluster.ts';
import { recordProcess } from './cluster/state.ts';
import { type OperatorProcess, type OperatorRequest, startOperator } from './operator.ts';

/** Where the output of a cluster's operator is. */
export function operatorLog(environment: Environment, cluster: string): string {
  return join(foldersOf(environment, cluster).logs, 'operator.log');
}

/**
 * What makes an operator a part of a cluster: by mark and record the cluster's own teardown finds it,
 * should we be killed. Who has the mark alone passes for a container, and goes when its node reboots.
 */
export function asPartOf(
  cluster: string,
  environment = readEnvironment(),
): Pick<OperatorRequest, 'env' | 'onSpawn'> {
  const folders = foldersOf(environment, cluster);
  return {
    env: { [markVariable]: folders.root },
    onSpawn: async (pid) => {
      const id = await identify(pid);
      if (id !== undefined) await recordProcess(folders, `operator-${pid}`, id);
    },
  };
}

/** Starts this checkout's operator as a part of a cluster, where its Pods reach it. */
export function startMarkedOperator(
  cluster: Pick<Cluster, 'name' | 'kubeconfig' | 'hostAddress'>,
  {
    environment,
    client,
    signal,
  }: {
    readonly environment: Environment;
    readonly client: KubeClient;
    /** Ends the wait for its start. */
    readonly signal?: AbortSignal;
  },
): Promise<OperatorProcess> {
  return startOperator({
    ...asPartOf(cluster.name, environment),
    kubeconfig: cluster.kubeconfig,
    client,
    logFile: operatorLog(environment, cluster.name),
    args: [`--bind-address=${cluster.hostAddress}`],
    ...(signal === undefined ? {} : { signal }),
  });
}
