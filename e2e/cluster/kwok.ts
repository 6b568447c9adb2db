import { join } from 'node:path';
import type { ClusterConfig } from './cluster-config.ts';
import { type Component, httpProbe } from './component.ts';
import { binary } from './control-plane.ts';
import { credentialFiles } from './credentials.ts';
import type { ClusterFolders } from './state.ts';

/** kwok: brings simulated nodes and their Pods through their lives, without containers. */
export function kwok(config: ClusterConfig, folders: ClusterFolders): Component {
  const server = `${config.address}:${config.ports.kwok}`;
  return {
    name: 'kwok',
    command: binary(config, 'kwok'),
    args: [
      `--kubeconfig=${credentialFiles(folders).kubeconfigOf('kwok')}`,
      `--config=${join(import.meta.dirname, 'kwok-stages.yaml')}`,
      '--manage-all-nodes=true',
      '--node-lease-duration-seconds=40',
      `--node-ip=${config.address}`,
      `--server-address=${server}`,
    ],
    probe: httpProbe(`http://${server}/healthz`),
  };
}
