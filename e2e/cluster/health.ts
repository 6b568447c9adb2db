import { createApiClient } from './api-client.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { messageOf } from '../../src/errors.ts';
import { readAdminAccess } from './credentials.ts';
import { recordedNamespaces } from './namespaces.ts';
import { nodeStates } from './nodes.ts';
import { isAlive } from './process-table.ts';
import { reasonOf } from './readiness.ts';
import { type ClusterFolders, readConfig, readProcesses } from './state.ts';
import { waves } from './topology.ts';

/** How one thing of a cluster is. */
export interface HealthLine {
  readonly name: string;
  /** Process number, for a process that runs. */
  readonly pid?: number;
  readonly healthy: boolean;
  readonly text: string;
}

/** How a cluster is, seen from outside. */
export interface ClusterHealth {
  readonly config: ClusterConfig;
  readonly components: readonly HealthLine[];
  readonly nodes: readonly HealthLine[];
  readonly healthy: boolean;
}

/** Asks every part of a cluster how it is; undefined when there is no such cluster. */
export async function healthOf(folders: ClusterFolders): Promise<ClusterHealth | undefined> {
  const config = await readConfig(folders);
  if (config === undefined) return undefined;
  const components = await componentsHealth(config, folders);
  const nodes = config.apiServerOnly ? [] : await nodesHealth(config, folders);
  return {
    config,
    components,
    nodes,
    healthy: [...components, ...nodes].every(({ healthy }) => healthy),
  };
}

async function componentsHealth(
  config: ClusterConfig,
  folders: ClusterFolders,
): Promise<readonly HealthLine[]> {
  const processes = await readProcesses(folders);
  const namespaces = recordedNamespaces(processes);
  if (config.nodes.kind === 'real' && namespaces === undefined) {
    return [{ name: 'init', healthy: false, text: 'never started' }];
  }
  const authority = await readAdminAccess(config, folders).then(
    (access) => access.authority,
    () => '',
  );
  const components = waves(config, folders, authority, namespaces).flat();
  return Promise.all(
    components.map(async ({ name, probe }) => {
      const id = processes.get(name);
      if (id === undefined) return { name, healthy: false, text: 'never started' };
      if (!(await isAlive(id))) return { name, healthy: false, text: `process ${id.pid} is gone` };
      const reason = await reasonOf(probe);
      return {
        name,
        pid: id.pid,
        healthy: reason === undefined,
        text: reason === undefined ? 'serves' : `not ready: ${reason}`,
      };
    }),
  );
}

async function nodesHealth(
  config: ClusterConfig,
  folders: ClusterFolders,
): Promise<readonly HealthLine[]> {
  const wanted = config.nodes.kind === 'real' ? 1 : config.nodes.count;
  try {
    const client = createApiClient(await readAdminAccess(config, folders));
    try {
      const nodes = nodeStates((await client.get('/api/v1/nodes')).body);
      const missing = wanted - nodes.length;
      return [
        ...nodes.map(({ name, ready, version }) => ({
          name,
          healthy: ready,
          text: `${ready ? 'Ready' : 'not Ready'}, ${version}`,
        })),
        ...(missing > 0
          ? [{ name: 'nodes', healthy: false, text: `${missing} of ${wanted} are missing` }]
          : []),
      ];
    } finally {
      client.close();
    }
  } catch (thrown) {
    return [{ name: 'nodes', healthy: false, text: messageOf(thrown) }];
  }
}
