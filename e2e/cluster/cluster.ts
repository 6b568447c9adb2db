import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { createBinaryCache } from './binary-cache.ts';
import { askVersion, type BinarySources, findBinaries, kubernetesVersionOf } from './binaries.ts';
import { createBuilder } from './build.ts';
import { apiServerUrl, type ClusterConfig, type Nodes } from './cluster-config.ts';
import { binary } from './control-plane.ts';
import { readAdminAccess } from './credentials.ts';
import { createDebianPackages, nodePackages } from './debian-packages.ts';
import { createDownloader } from './download.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { healthOf } from './health.ts';
import { type Image, pushImages } from './images.ts';
import { withLock } from './lock.ts';
import { recordedNamespaces } from './namespaces.ts';
import { childrenOf } from './process-table.ts';
import { endProcesses } from './processes.ts';
import { defaultKubernetesVersion } from './recipes.ts';
import { registryUrl } from './registry.ts';
import { type Reporter, silentReporter } from './reporter.ts';
import { start, startComponent } from './startup.ts';
import { type ClusterFolders, clusterFolders, readProcesses } from './state.ts';
import { destroyCluster } from './teardown.ts';
import { binariesFor, waves } from './topology.ts';

/** What cluster is wanted. */
export interface ClusterRequest {
  /** Clusters of different names run side by side. Lower-case letters, digits, dashes. */
  readonly name: string;
  readonly nodes: Nodes;
  /** Only etcd and the API server: no controllers, no scheduler. Default false. */
  readonly apiServerOnly?: boolean;
  /** Record requests in `auditLog`. Default false. */
  readonly audit?: boolean;
  readonly apiServerArgs?: readonly string[];
  /** 1.minor.patch. */
  readonly kubernetesVersion?: string;
  /** Where a copy of the kubeconfig goes. */
  readonly userKubeconfig?: string;
  readonly environment?: Environment;
  readonly reporter?: Reporter;
  /** Gives up and cleans up when aborted. */
  readonly signal?: AbortSignal;
}

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
  /** JSON lines, where `audit` was asked for. */
  readonly auditLog: string;
  /** Makes images available to Pods; only a real node runs any. */
  pushImages(images: readonly Image[]): Promise<void>;
  /** Ends a component with SIGKILL, such as `kubelet`; its Pods go on. */
  killComponent(name: string): Promise<void>;
  /** Starts a component again that was ended. */
  restartComponent(name: string): Promise<void>;
  /** Removes all of it; safe to repeat. */
  stop(options?: { readonly keepLogs?: boolean }): Promise<void>;
}

/**
 * Starts a cluster and returns when it can be used: API server, controllers and nodes are ready.
 * Leftovers of a former run of this name are removed first; one that is healthy and has the same
 * nodes is returned as it is. A failed start leaves nothing but its logs.
 */
export async function startCluster(request: ClusterRequest): Promise<Cluster> {
  const environment = request.environment ?? readEnvironment();
  const reporter = request.reporter ?? silentReporter;
  const folders = foldersOf(environment, request.name);
  const apiServerOnly = request.apiServerOnly ?? false;
  if (request.nodes.kind === 'real') requireRoot(environment);
  const packages = createDebianPackages(environment, reporter);
  if (request.nodes.kind === 'real') await packages.ensure(nodePackages);
  const sources: BinarySources = {
    environment,
    reporter,
    cache: createBinaryCache(environment, reporter),
    downloader: createDownloader(environment, reporter),
    builder: createBuilder(environment, packages),
    versionOf: askVersion,
  };
  const kubernetesVersion =
    request.kubernetesVersion ?? (await kubernetesVersionOf(sources)) ?? defaultKubernetesVersion;
  const binaries = await findBinaries(
    sources,
    kubernetesVersion,
    binariesFor(request.nodes, apiServerOnly),
  );
  const plan = {
    name: request.name,
    folder: folders.root,
    nodes: request.nodes,
    apiServerOnly,
    kubernetesVersion,
    binaries,
    audit: request.audit ?? false,
    apiServerArgs: request.apiServerArgs ?? [],
    ...(request.userKubeconfig !== undefined && { userKubeconfig: request.userKubeconfig }),
  };
  const signal = request.signal ?? new AbortController().signal;
  const config = await withClusterLock(environment, request.name, async () => {
    const health = await healthOf(folders);
    if (health?.healthy === true) {
      requireSame(health.config, request);
      reporter.step(`cluster ${request.name} runs already`);
      return health.config;
    }
    if (await destroyCluster(folders, { keepLogs: false })) {
      reporter.step(`removed what was left of cluster ${request.name}`);
    }
    const { stateFolder, path } = environment;
    try {
      const context = { folders, stateFolder, path, reporter, signal };
      return await Promise.race([start(plan, context), aborted(signal)]);
    } catch (thrown) {
      await destroyCluster(folders, { keepLogs: true });
      throw thrown;
    }
  });
  return attach(environment, config, folders, reporter);
}

/** The cluster of this name that runs (or ran: nothing is asked), or undefined. */
export async function findCluster(
  environment: Environment,
  name: string,
): Promise<Cluster | undefined> {
  const folders = foldersOf(environment, name);
  const health = await healthOf(folders);
  if (health === undefined) return undefined;
  return attach(environment, health.config, folders, silentReporter);
}

/** Removes a cluster or what is left of it; false when there was nothing. */
export async function stopCluster(
  environment: Environment,
  name: string,
  options: { readonly keepLogs: boolean },
): Promise<boolean> {
  const folders = foldersOf(environment, name);
  return withClusterLock(environment, name, () => destroyCluster(folders, options));
}

/** Where the cluster of this name keeps its state; a UserError for a name that can't be one. */
export function foldersOf(
  environment: Pick<Environment, 'stateFolder'>,
  name: string,
): ClusterFolders {
  // The name becomes part of host names, which have 63 characters.
  if (!/^[a-z0-9](?:[-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) {
    throw new UserError(
      `"${name}" can't be a cluster's name: take up to 40 lower-case letters, digits and dashes`,
    );
  }
  return clusterFolders(environment.stateFolder, name);
}

function attach(
  environment: Environment,
  config: ClusterConfig,
  folders: ClusterFolders,
  reporter: Reporter,
): Cluster {
  return {
    name: config.name,
    kubeconfig: folders.kubeconfig,
    kubectl: binary(config, 'kubectl'),
    server: apiServerUrl(config),
    hostAddress: config.hostAddress,
    kubernetesVersion: config.kubernetesVersion,
    auditLog: folders.audit,
    async pushImages(images) {
      if (config.nodes.kind !== 'real') {
        throw new UserError(`cluster ${config.name} has simulated nodes, which run no images`);
      }
      await pushImages(registryUrl(config), images);
    },
    async killComponent(name) {
      const id = (await readProcesses(folders)).get(name);
      if (id === undefined) throw new UserError(`cluster ${config.name} has no ${name}`);
      // On a real node the recorded process is nsenter, which waits for the component.
      const inner = config.nodes.kind === 'real' ? await childrenOf(id.pid) : [];
      await endProcesses([...inner, id], 'SIGKILL');
    },
    async restartComponent(name) {
      const namespaces = recordedNamespaces(await readProcesses(folders));
      const { authority } = await readAdminAccess(config, folders);
      const all = waves(config, folders, authority, namespaces).flat();
      const component = all.find((candidate) => candidate.name === name);
      if (component === undefined) throw new UserError(`cluster ${config.name} has no ${name}`);
      const { signal } = new AbortController();
      await startComponent(component, config, { folders, reporter, signal }, namespaces);
    },
    async stop({ keepLogs = false } = {}) {
      await stopCluster(environment, config.name, { keepLogs });
    },
  };
}

function withClusterLock<T>(
  environment: Pick<Environment, 'stateFolder'>,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const file = join(environment.stateFolder, `.${name}.lock`);
  return withLock({ file, what: `cluster ${name}`, timeout: 10_000 }, work);
}

function requireRoot(environment: Environment): void {
  if (environment.platform !== 'linux' || !environment.isRoot) {
    throw new UserError(
      'a real node needs root on Linux; take --nodes kwok:1 for simulated nodes, or run as root',
    );
  }
}

function requireSame(config: ClusterConfig, request: ClusterRequest): void {
  const same =
    JSON.stringify(config.nodes) === JSON.stringify(request.nodes) &&
    config.apiServerOnly === (request.apiServerOnly ?? false);
  if (!same) {
    throw new UserError(
      `cluster ${config.name} runs with other nodes; \`npm run cluster -- down --name ${config.name}\` first`,
    );
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(new UserError('interrupted'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
