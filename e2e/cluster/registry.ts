import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterConfig, nodePorts } from './cluster-config.ts';
import { type Component, httpProbe } from './component.ts';
import { binary } from './control-plane.ts';
import type { ClusterFolders } from './state.ts';

/** The cluster's own image registry: this machine pushes to it, the node pulls from it. */
export function registry(config: ClusterConfig, folders: ClusterFolders): Component {
  return {
    name: 'registry',
    command: binary(config, 'registry'),
    args: ['serve', configFile(folders)],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    probe: httpProbe(`${registryUrl(config)}/v2/`),
  };
}

/** `http://address:port`, the same from this machine and from inside. */
export function registryUrl(config: Pick<ClusterConfig, 'address'>): string {
  return `http://${config.address}:${nodePorts.registry}`;
}

/** Writes the registry's configuration; JSON is YAML. */
export async function writeRegistryFiles(
  config: ClusterConfig,
  folders: ClusterFolders,
): Promise<void> {
  const settings = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folders.node, 'registry') },
      delete: { enabled: true },
    },
    http: { addr: `${config.address}:${nodePorts.registry}` },
  };
  await writeFile(configFile(folders), JSON.stringify(settings, null, 2));
}

function configFile(folders: ClusterFolders): string {
  return join(folders.node, 'registry.json');
}
