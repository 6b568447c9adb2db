import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { apiServerUrl, type ClusterConfig } from './cluster-config.ts';
import { createCgroups, destroyCgroups } from './cgroups.ts';
import { endContainers } from './containers.ts';
import { binary } from './control-plane.ts';
import { readAdminAccess } from './credentials.ts';
import { type Image, pushImages } from './images.ts';
import { recordedNamespaces } from './namespaces.ts';
import { childrenOf } from './process-table.ts';
import { endProcesses } from './processes.ts';
import { registryUrl } from './registry.ts';
import type { Reporter } from './reporter.ts';
import { startComponent } from './startup.ts';
import { type ClusterFolders, readProcesses } from './state.ts';
import { waves } from './topology.ts';

/** A cluster that runs, whoever started it. */
export interface Cluster {
  readonly name: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of a kubectl of the cluster's version. */
  readonly kubectl: string;
  /** `https://address:port`. */
  readonly server: string;
  /** Address under which the API server and Pods reach servers of this machine (a webhook). */
  readonly hostAddress: string;
  readonly kubernetesVersion: string;
  /** `address:port` of the image registry of a real node, plain HTTP. */
  readonly registry: string;
  /** Folder of this machine that holds a folder for each volume, with what Pods wrote to it. */
  readonly volumes: string;
  /** JSON lines, where `audit` was asked for. */
  readonly auditLog: string;
  /** Makes images available to Pods; only a real node runs any. */
  pushImages(images: readonly Image[]): Promise<void>;
  /** Ends a component with SIGKILL, such as `kubelet`; its Pods go on. */
  killComponent(name: string): Promise<void>;
  /** Starts a component again that was ended. */
  restartComponent(name: string): Promise<void>;
  /** Does to Pods what a power cut of their node does to them: nobody sees how their containers end. */
  rebootNode(): Promise<void>;
  /** Removes all of it; safe to repeat. */
  stop(options?: { readonly keepLogs?: boolean }): Promise<void>;
}

/** A handle for a cluster that was started, here or by another process. */
export function attach({
  config,
  folders,
  reporter,
  stop,
}: {
  readonly config: ClusterConfig;
  readonly folders: ClusterFolders;
  readonly reporter: Reporter;
  readonly stop: (options: { readonly keepLogs: boolean }) => Promise<void>;
}): Cluster {
  const unknown = (name: string): UserError =>
    new UserError(`cluster ${config.name} has no component ${name}`);
  const killComponent = async (name: string): Promise<void> => {
    const id = (await readProcesses(folders)).get(name);
    if (id === undefined) throw unknown(name);
    // On a real node the recorded process is nsenter, which waits for the component.
    const inner = config.nodes.kind === 'real' ? await childrenOf(id.pid) : [];
    await endProcesses([...inner, id], 'SIGKILL');
  };
  const restartComponent = async (name: string): Promise<void> => {
    const namespaces = recordedNamespaces(await readProcesses(folders));
    const { authority } = await readAdminAccess(config, folders);
    const all = waves(config, folders, authority, namespaces).flat();
    const component = all.find((candidate) => candidate.name === name);
    if (component === undefined) throw unknown(name);
    const { signal } = new AbortController();
    await startComponent(component, config, { folders, reporter, signal }, namespaces);
  };
  return {
    name: config.name,
    kubeconfig: folders.kubeconfig,
    kubectl: binary(config, 'kubectl'),
    server: apiServerUrl(config),
    hostAddress: config.hostAddress,
    kubernetesVersion: config.kubernetesVersion,
    registry: new URL(registryUrl(config)).host,
    volumes: join(folders.tmp, 'hostpath_pv'),
    auditLog: folders.audit,
    async pushImages(images) {
      if (config.nodes.kind !== 'real') {
        throw new UserError(`cluster ${config.name} has simulated nodes, which run no images`);
      }
      await pushImages(registryUrl(config), images);
    },
    killComponent,
    restartComponent,
    async rebootNode() {
      for (const name of ['kubelet', 'containerd']) await killComponent(name);
      await endContainers(folders);
      // The kernel forgets them, too. kubelet would look into each for 3 s before it does anything.
      await destroyCgroups(folders.root);
      await createCgroups(folders.root);
      for (const name of ['containerd', 'kubelet']) await restartComponent(name);
    },
    stop: ({ keepLogs = false } = {}) => stop({ keepLogs }),
  };
}
