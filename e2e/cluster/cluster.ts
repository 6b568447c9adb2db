import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { type BinaryPaths, findBinaries, kubernetesVersionOf } from './binaries.ts';
import { createBinarySources } from './binary-sources.ts';
import type { ClusterConfig, Nodes } from './cluster-config.ts';
import { createDebianPackages, nodePackages } from './debian-packages.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { healthOf } from './health.ts';
import { raiseInotifyLimit } from './kernel-limits.ts';
import { requireOwnFile, writeUserKubeconfig } from './kubeconfig.ts';
import { withLock } from './lock.ts';
import { defaultKubernetesVersion } from './recipes.ts';
import { type Reporter, silentReporter } from './reporter.ts';
import { attach, type Cluster } from './running-cluster.ts';
import { type ClusterPlan, startAll } from './startup.ts';
import { type ClusterFolders, clusterFolders, readConfig, writeConfig } from './state.ts';
import { destroyCluster } from './teardown.ts';
import { binariesFor } from './topology.ts';

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
  /** One of this name that is well and as wanted is handed out as it is. Default false: it goes first. */
  readonly reuse?: boolean;
  /** Gives up and cleans up when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a cluster and returns when it can be used: API server, controllers and nodes are ready.
 * One of this name, or what a former run left of it, is removed first. A failed start leaves nothing
 * but its logs.
 */
export async function startCluster(request: ClusterRequest): Promise<Cluster> {
  const environment = request.environment ?? readEnvironment();
  const reporter = request.reporter ?? silentReporter;
  const folders = foldersOf(environment, request.name);
  const apiServerOnly = request.apiServerOnly ?? false;
  // Before anything starts: it would have to go again.
  if (request.userKubeconfig !== undefined) await requireOwnFile(request.userKubeconfig);
  const plan = {
    name: request.name,
    folder: folders.root,
    nodes: request.nodes,
    apiServerOnly,
    ...(await obtainSoftware({ ...request, environment, reporter })),
    audit: request.audit ?? false,
    apiServerArgs: request.apiServerArgs ?? [],
    userKubeconfigs: request.userKubeconfig === undefined ? [] : [request.userKubeconfig],
  };
  const signal = request.signal ?? new AbortController().signal;
  const config = await withClusterLock(environment, request.name, async () => {
    const health = request.reuse === true ? await healthOf(folders) : undefined;
    if (health?.healthy === true) {
      requireSame(health.config, plan, request.kubernetesVersion);
      reporter.step(`cluster ${request.name} runs already`);
      return withUserKubeconfig(health.config, folders, request.userKubeconfig);
    }
    if (await destroyCluster(folders, { keepLogs: false })) {
      reporter.step(`removed what was left of cluster ${request.name}`);
    }
    const { path } = environment;
    try {
      return await startAll(plan, { folders, path, reporter, signal });
    } catch (thrown) {
      await destroyCluster(folders, { keepLogs: true });
      throw thrown;
    }
  });
  return attach({ config, folders, reporter, stop: stopOf(environment, config.name) });
}

/** What the nodes of a cluster run on. */
export interface Software {
  readonly kubernetesVersion: string;
  readonly binaries: BinaryPaths;
}

/**
 * Installs, downloads or builds what such a cluster needs and this machine lacks: minutes, where
 * starting takes seconds.
 */
export async function obtainSoftware(
  request: Pick<
    ClusterRequest,
    'nodes' | 'apiServerOnly' | 'kubernetesVersion' | 'environment' | 'reporter'
  >,
): Promise<Software> {
  const { nodes, environment = readEnvironment(), reporter = silentReporter } = request;
  if (nodes.kind === 'real') {
    requireRoot(environment);
    await createDebianPackages(environment, reporter).ensure(nodePackages);
    await raiseInotifyLimit(reporter);
  }
  const sources = createBinarySources(environment, reporter);
  const kubernetesVersion =
    request.kubernetesVersion ?? (await kubernetesVersionOf(sources)) ?? defaultKubernetesVersion;
  const wanted = binariesFor(nodes, request.apiServerOnly ?? false);
  return { kubernetesVersion, binaries: await findBinaries(sources, kubernetesVersion, wanted) };
}

/** The cluster of this name that was started, or undefined; whether it is well is not asked. */
export async function findCluster(
  environment: Environment,
  name: string,
): Promise<Cluster | undefined> {
  const folders = foldersOf(environment, name);
  const config = await readConfig(folders);
  if (config === undefined) return undefined;
  return attach({ config, folders, reporter: silentReporter, stop: stopOf(environment, name) });
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

function stopOf(environment: Environment, name: string): Parameters<typeof attach>[0]['stop'] {
  return async (options) => {
    await stopCluster(environment, name, options);
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

/** Writes the copy that this request asks for, and remembers it for `down`. */
async function withUserKubeconfig(
  config: ClusterConfig,
  folders: ClusterFolders,
  file: string | undefined,
): Promise<ClusterConfig> {
  if (file === undefined) return config;
  await writeUserKubeconfig(file, await readFile(folders.kubeconfig, 'utf8'));
  const userKubeconfigs = [...new Set([...config.userKubeconfigs, file])];
  const changed = { ...config, userKubeconfigs };
  await writeConfig(folders, changed);
  return changed;
}

function requireRoot(environment: Environment): void {
  if (environment.platform !== 'linux' || !environment.isRoot) {
    throw new UserError(
      'a real node needs root on Linux; take --nodes kwok:1 for simulated nodes, or run as root',
    );
  }
}

/** A cluster that runs is handed out only for what was asked for. */
function requireSame(
  config: ClusterConfig,
  plan: ClusterPlan,
  kubernetesVersion: string | undefined,
): void {
  const settings = ({ nodes, apiServerOnly, audit, apiServerArgs }: ClusterPlan): string =>
    JSON.stringify([nodes, apiServerOnly, audit, apiServerArgs]);
  const sameVersion =
    kubernetesVersion === undefined || kubernetesVersion === config.kubernetesVersion;
  if (settings(config) === settings(plan) && sameVersion) return;
  throw new UserError(
    `cluster ${config.name} runs with other settings; \`npm run cluster -- down --name ${config.name}\` first`,
  );
}
