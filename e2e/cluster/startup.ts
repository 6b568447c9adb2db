import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiClient } from './api-client.ts';
import { applyObjects, waitUntilUsable } from './bootstrap.ts';
import { busyboxImages } from './busybox.ts';
import { createCgroups } from './cgroups.ts';
import { type ClusterConfig, nodeName, type Ports, usualPorts } from './cluster-config.ts';
import { type Component, componentReady, logFile } from './component.ts';
import { writeContainerdFiles } from './containerd.ts';
import { auditPolicy, auditPolicyFile } from './control-plane.ts';
import { createCredentials } from './credentials.ts';
import { writeDnsFiles } from './dns.ts';
import { freePorts } from './free-ports.ts';
import { pushImages } from './images.ts';
import { kubeconfig, writeUserKubeconfig } from './kubeconfig.ts';
import { writeNodeFiles } from './kubelet.ts';
import { createNamespaces, foldersOf, inside, type Namespaces } from './namespaces.ts';
import { createNetwork } from './network.ts';
import { launch } from './processes.ts';
import { throwIfInterrupted } from './readiness.ts';
import { registryUrl, writeRegistryFiles } from './registry.ts';
import type { Reporter } from './reporter.ts';
import { type ClusterFolders, createFolders, recordProcess, writeConfig } from './state.ts';
import { together } from './together.ts';
import { waves } from './topology.ts';
import { withOwnVolumes } from './volumes.ts';

/** What is decided before anything starts; addresses and ports come with the start. */
export type ClusterPlan = Omit<ClusterConfig, 'address' | 'hostAddress' | 'ports'>;

/** What a start works with. */
export interface StartContext {
  readonly folders: ClusterFolders;
  /** Folders of PATH. */
  readonly path: readonly string[];
  readonly reporter: Reporter;
  /** Nothing new is started after it was aborted. */
  readonly signal: AbortSignal;
}

/** Starts all of a cluster on a clean place; returns when it can be used. */
export async function startAll(plan: ClusterPlan, context: StartContext): Promise<ClusterConfig> {
  const { folders, reporter, signal } = context;
  throwIfInterrupted(signal);
  await createFolders(folders);
  const { config, namespaces } =
    plan.nodes.kind === 'real' ? await prepareReal(plan, context) : await prepareSimulated(plan);
  await writeConfig(folders, config);
  const access = await createCredentials(config, folders, new Date());
  await writeFile(auditPolicyFile(folders), JSON.stringify(auditPolicy));
  if (namespaces !== undefined) await writeAllNodeFiles(config, folders);

  const planned = waves(config, folders, access.authority, namespaces);
  const startWave =
    (wave: readonly Component[] = []) =>
    (aborts: AbortSignal): Promise<void> =>
      together(
        wave.map((each) => (own) => {
          return startComponent(each, config, { folders, reporter, signal: own }, namespaces);
        }),
        aborts,
      );
  await together([startWave(planned[0])], signal);
  const images = namespaces === undefined ? [] : [() => pushBaseImages(config, context)];
  await together([startWave(planned[1]), ...images], signal);
  const client = createApiClient(access);
  try {
    await together(
      [startWave(planned[2]), (aborts) => applyObjects(client, config, aborts)],
      signal,
    );
    if (!config.apiServerOnly) await waitUntilUsable(client, config, signal);
  } finally {
    client.close();
  }
  for (const file of config.userKubeconfigs) await writeUserKubeconfig(file, kubeconfig(access));
  reporter.step(`cluster ${config.name} is ready`);
  return config;
}

/** Starts one process and waits until it serves. */
export async function startComponent(
  component: Component,
  config: ClusterConfig,
  context: Pick<StartContext, 'folders' | 'reporter' | 'signal'>,
  namespaces: Namespaces | undefined,
): Promise<void> {
  const { folders, reporter, signal } = context;
  const placed = await place(component, config, folders, namespaces, reporter);
  throwIfInterrupted(signal);
  const id = await launch({
    ...placed,
    ...(component.env && { env: component.env }),
    mark: folders.root,
    logFile: logFile(folders, component.name),
  });
  await recordProcess(folders, component.name, id);
  await componentReady(component, id, folders, signal);
  reporter.step(`${component.name} serves`);
}

/** The command that runs a component where it belongs. */
async function place(
  component: Component,
  config: ClusterConfig,
  folders: ClusterFolders,
  namespaces: Namespaces | undefined,
  reporter: Reporter,
): Promise<Pick<Component, 'command' | 'args'>> {
  if (namespaces !== undefined) return inside(namespaces, component.command, component.args);
  return component.name === 'kube-controller-manager'
    ? withOwnVolumes(component, folders, foldersOf(config.binaries), reporter)
    : component;
}

interface Prepared {
  readonly config: ClusterConfig;
  readonly namespaces: Namespaces | undefined;
}

async function prepareReal(plan: ClusterPlan, context: StartContext): Promise<Prepared> {
  const { folders, reporter, signal } = context;
  const keep = foldersOf(plan.binaries);
  const namespaces = await createNamespaces(folders, nodeName(plan), keep, signal);
  const subnet = await createNetwork(folders.root, namespaces);
  await createCgroups(folders.root);
  reporter.step(`node ${nodeName(plan)} has address ${subnet.node}, this machine ${subnet.host}`);
  const { node: address, host: hostAddress } = subnet;
  return { config: { ...plan, address, hostAddress, ports: usualPorts }, namespaces };
}

async function prepareSimulated(plan: ClusterPlan): Promise<Prepared> {
  const address = '127.0.0.1';
  const free = await freePorts(address, Object.keys(usualPorts).length);
  const [api = 0, etcd = 0, etcdPeer = 0, etcdMetrics = 0, ...others] = free;
  const [controllerManager = 0, scheduler = 0, kwok = 0] = others;
  const ports: Ports = {
    ...{ api, etcd, etcdPeer, etcdMetrics },
    ...{ controllerManager, scheduler, kwok },
  };
  const config = { ...plan, address, hostAddress: address, ports };
  return { config, namespaces: undefined };
}

async function writeAllNodeFiles(config: ClusterConfig, folders: ClusterFolders): Promise<void> {
  await Promise.all(
    [writeContainerdFiles, writeRegistryFiles, writeNodeFiles, writeDnsFiles].map((write) =>
      write(config, folders),
    ),
  );
}

async function pushBaseImages(config: ClusterConfig, context: StartContext): Promise<void> {
  const images = await busyboxImages(context, join(context.folders.node, 'busybox'));
  await pushImages(registryUrl(config), images);
  context.reporter.step(`images pushed: ${images.map(({ name }) => name).join(', ')}`);
}
