import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterConfig } from './cluster-config.ts';
import type { ProcessId } from './process-table.ts';

/** Where a cluster keeps what. Nothing of it is in the checkout. */
export interface ClusterFolders {
  readonly root: string;
  readonly config: string;
  readonly kubeconfig: string;
  readonly certificates: string;
  readonly logs: string;
  /** One JSON file a process. */
  readonly processes: string;
  readonly etcd: string;
  /** File systems that a node sees in the place of the machine's own. */
  readonly node: string;
  /** What processes of the node see as /tmp. */
  readonly tmp: string;
  readonly audit: string;
}

/** The folders of a cluster below the state folder of all clusters. */
export function clusterFolders(stateFolder: string, name: string): ClusterFolders {
  const root = join(stateFolder, name);
  return {
    root,
    config: join(root, 'cluster.json'),
    kubeconfig: join(root, 'kubeconfig'),
    certificates: join(root, 'certificates'),
    logs: join(root, 'logs'),
    processes: join(root, 'processes'),
    etcd: join(root, 'etcd'),
    node: join(root, 'node'),
    tmp: join(root, 'node', 'tmp'),
    audit: join(root, 'audit.log'),
  };
}

/**
 * A short name for what the kernel keeps for a cluster (network device, cgroup). It follows from
 * the folder alone, so `down` finds the leftovers of a run that could write nothing down.
 */
export function kernelName(folder: string): string {
  return `fpvc-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
}

/** Makes the folders, readable by the owner only: there are keys in them. */
export async function createFolders(folders: ClusterFolders): Promise<void> {
  await mkdir(folders.root, { recursive: true, mode: 0o700 });
  for (const folder of [folders.certificates, folders.logs, folders.processes, folders.node]) {
    await mkdir(folder, { recursive: true });
  }
}

/** Keeps the decisions of this cluster; the file is complete or absent. */
export async function writeConfig(folders: ClusterFolders, config: ClusterConfig): Promise<void> {
  await writeWhole(folders.config, JSON.stringify(config, null, 2));
}

/** The decisions of a cluster, or undefined when it never came so far. */
export async function readConfig(folders: ClusterFolders): Promise<ClusterConfig | undefined> {
  const text = await readFile(folders.config, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterConfig);
}

/** Keeps which process is a component. */
export async function recordProcess(
  folders: ClusterFolders,
  component: string,
  id: ProcessId,
): Promise<void> {
  await writeWhole(join(folders.processes, `${component}.json`), JSON.stringify(id));
}

/** The processes that were started, by component. */
export async function readProcesses(
  folders: ClusterFolders,
): Promise<ReadonlyMap<string, ProcessId>> {
  const found = new Map<string, ProcessId>();
  for (const file of await readdir(folders.processes).catch(() => [])) {
    if (!file.endsWith('.json')) continue;
    const text = await readFile(join(folders.processes, file), 'utf8');
    found.set(file.slice(0, -'.json'.length), JSON.parse(text) as ProcessId);
  }
  return found;
}

/** Removes all of a cluster, or all but its logs. */
export async function removeFolders(
  folders: ClusterFolders,
  options: { readonly keepLogs: boolean },
): Promise<void> {
  for (const entry of await readdir(folders.root).catch(() => [])) {
    const path = join(folders.root, entry);
    if (options.keepLogs && path === folders.logs) continue;
    await rm(path, { recursive: true, force: true });
  }
  if (!options.keepLogs) await rm(folders.root, { recursive: true, force: true });
}

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
