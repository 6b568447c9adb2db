import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, createApiClient } from './api-client.ts';
import { busyboxImages } from './busybox.ts';
import { createCgroups } from './cgroups.ts';
import { type ClusterConfig, nodeName, usualPorts } from './cluster-config.ts';
import { type Component, componentReady, logFile } from './component.ts';
import { writeContainerdFiles } from './containerd.ts';
import { auditPolicy, auditPolicyFile } from './control-plane.ts';
import { createCredentials } from './credentials.ts';
import { dnsObjects, writeDnsFiles } from './dns.ts';
import { freePorts } from './free-ports.ts';
import { pushImages } from './images.ts';
import { writeUserKubeconfig } from './kubeconfig.ts';
import { writeNodeFiles } from './kubelet.ts';
import { createNamespaces, foldersOf, inside, type Namespaces } from './namespaces.ts';
import { createNetwork } from './network.ts';
import { type ClusterObject, simulatedNode, storageClass } from './objects.ts';
import { launch } from './processes.ts';
import { type NotReady, waitUntilReady } from './readiness.ts';
import { registryUrl, writeRegistryFiles } from './registry.ts';
import type { Reporter } from './reporter.ts';
import { type ClusterFolders, createFolders, recordProcess, writeConfig } from './state.ts';
import { waves } from './topology.ts';
import { withOwnVolumes } from './volumes.ts';
import { kubeconfig } from './kubeconfig.ts';

/** What is decided before anything starts; addresses and ports come with the start. */
export type ClusterPlan = Omit<ClusterConfig, 'address' | 'hostAddress' | 'prefix' | 'ports'>;

/** What a start works with. */
export interface StartContext {
  readonly folders: ClusterFolders;
  readonly stateFolder: string;
  readonly path: readonly string[];
  readonly reporter: Reporter;
  /** Nothing new is started after it was aborted. */
  readonly signal: AbortSignal;
}

/** Starts all of a cluster on a clean place; returns when it can be used. */
export async function start(plan: ClusterPlan, context: StartContext): Promise<ClusterConfig> {
  const { folders, reporter } = context;
  await createFolders(folders);
  const { config, namespaces } =
    plan.nodes.kind === 'real' ? await prepareReal(plan, context) : await prepareSimulated(plan);
  await writeConfig(folders, config);
  const [access] = await Promise.all([
    createCredentials(config, folders, new Date()),
    writeFile(auditPolicyFile(folders), JSON.stringify(auditPolicy)),
    ...(namespaces === undefined ? [] : [writeAllNodeFiles(config, folders)]),
  ]);

  const [first = [], second = [], third = []] = waves(
    config,
    folders,
    access.authority,
    namespaces,
  );
  const startAll = (components: readonly Component[]): Promise<unknown> =>
    Promise.all(components.map((each) => startComponent(each, config, context, namespaces)));
  await startAll(first);
  const images = namespaces === undefined ? undefined : pushBaseImages(config, context);
  await Promise.all([startAll(second), images]);
  const client = createApiClient(access);
  try {
    await Promise.all([startAll(third), applyAll(client, objectsFor(config))]);
    if (!config.apiServerOnly) await usable(client, config);
  } finally {
    client.close();
  }
  if (config.userKubeconfig !== undefined) {
    await writeUserKubeconfig(config.userKubeconfig, kubeconfig(access));
  }
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
  const wrapped = await wrap(component, config, folders, namespaces);
  signal.throwIfAborted();
  const id = await launch({
    ...wrapped,
    ...(component.env && { env: component.env }),
    mark: folders.root,
    logFile: logFile(folders, component.name),
  });
  await recordProcess(folders, component.name, id);
  await componentReady(component, id, folders);
  reporter.step(`${component.name} serves`);
}

async function wrap(
  component: Component,
  config: ClusterConfig,
  folders: ClusterFolders,
  namespaces: Namespaces | undefined,
): Promise<Pick<Component, 'command' | 'args'>> {
  if (namespaces !== undefined) return inside(namespaces, component.command, component.args);
  return component.name === 'kube-controller-manager'
    ? withOwnVolumes(component, folders, foldersOf(config.binaries))
    : component;
}

interface Prepared {
  readonly config: ClusterConfig;
  readonly namespaces: Namespaces | undefined;
}

async function prepareReal(plan: ClusterPlan, context: StartContext): Promise<Prepared> {
  const { folders, reporter, stateFolder } = context;
  const keep = foldersOf(plan.binaries);
  const namespaces = await createNamespaces(folders, nodeName(plan), keep);
  const subnet = await createNetwork(stateFolder, folders.root, namespaces);
  await createCgroups(folders.root);
  reporter.step(`node ${nodeName(plan)} has address ${subnet.node}, this machine ${subnet.host}`);
  const { node: address, host: hostAddress, prefix } = subnet;
  return { config: { ...plan, address, hostAddress, prefix, ports: usualPorts }, namespaces };
}

async function prepareSimulated(plan: ClusterPlan): Promise<Prepared> {
  const address = '127.0.0.1';
  const names = Object.keys(usualPorts);
  const free = await freePorts(address, names.length);
  const entries = names.map((name, index) => [name, free[index]] as const);
  const ports = Object.fromEntries(entries) as unknown as ClusterConfig['ports'];
  const config = { ...plan, address, hostAddress: address, prefix: 8, ports };
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

function objectsFor(config: ClusterConfig): readonly ClusterObject[] {
  const { nodes } = config;
  if (config.apiServerOnly) return [storageClass];
  return nodes.kind === 'real'
    ? [storageClass, ...dnsObjects(config)]
    : [storageClass, ...Array.from({ length: nodes.count }, (_, index) => simulatedNode(index))];
}

/** Applies objects, again as long as the API server is still making what they need. */
async function applyAll(client: ApiClient, objects: readonly ClusterObject[]): Promise<void> {
  for (const { path, object } of objects) {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.apply(path, object);
        break;
      } catch (thrown) {
        if (attempt === 50) throw thrown;
        await sleep(100);
      }
    }
  }
}

/** Pods can be made (they need the default ServiceAccount) and there is a place for them. */
async function usable(client: ApiClient, config: ClusterConfig): Promise<void> {
  const wanted = config.nodes.kind === 'real' ? 1 : config.nodes.count;
  await Promise.all([
    waitUntilReady({
      what: 'ServiceAccount default/default',
      timeout: 30_000,
      probe: async () => {
        const { status } = await client.get('/api/v1/namespaces/default/serviceaccounts/default');
        return status === 200 ? undefined : `the API server answers ${status}`;
      },
    }),
    waitUntilReady({
      what: `${wanted} node(s)`,
      timeout: 90_000,
      every: 100,
      probe: async () => nodesReady((await client.get('/api/v1/nodes')).body, wanted),
    }),
  ]);
}

function nodesReady(list: unknown, wanted: number): NotReady {
  const ready = readyNodes(list).filter((node) => node.ready).length;
  return ready >= wanted ? undefined : `${ready} of ${wanted} are Ready`;
}

/** Names of the nodes in a NodeList, and whether they are Ready and free of taints. */
export function readyNodes(
  list: unknown,
): readonly { readonly name: string; readonly ready: boolean; readonly version: string }[] {
  const { items = [] } = list as {
    readonly items?: readonly {
      readonly metadata: { readonly name: string };
      readonly spec: { readonly taints?: readonly unknown[] };
      readonly status?: {
        readonly conditions?: readonly { readonly type: string; readonly status: string }[];
        readonly nodeInfo?: { readonly kubeletVersion: string };
      };
    }[];
  };
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    version: status?.nodeInfo?.kubeletVersion ?? 'unknown',
    ready:
      spec.taints === undefined &&
      status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True',
  }));
}
