import { join } from 'node:path';
import type { KubeClient } from '../src/kube/client.ts';
import { foldersOf } from './cluster/cluster.ts';
import type { Environment } from './cluster/environment.ts';
import { identify } from './cluster/process-table.ts';
import { markVariable } from './cluster/processes.ts';
import type { Cluster } from './cluster/running-cluster.ts';
import { recordProcess } from './cluster/state.ts';
import { type OperatorProcess, startOperator } from './operator.ts';

/** Where the output of a cluster's operator is. */
export function operatorLog(environment: Environment, cluster: string): string {
  return join(foldersOf(environment, cluster).logs, 'operator.log');
}

/**
 * Starts this checkout's operator as a part of a cluster: by mark and record the cluster's own teardown
 * finds it, should we be killed.
 */
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
  const folders = foldersOf(environment, cluster.name);
  return startOperator({
    kubeconfig: cluster.kubeconfig,
    client,
    logFile: operatorLog(environment, cluster.name),
    args: [`--bind-address=${cluster.hostAddress}`],
    env: { [markVariable]: folders.root },
    onSpawn: async (pid) => {
      const id = await identify(pid);
      if (id !== undefined) await recordProcess(folders, 'operator', id);
    },
    ...(signal === undefined ? {} : { signal }),
  });
}
