import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupFolders } from './cgroups.ts';
import { endProcesses, markVariable } from './processes.ts';
import { childrenOf, findMarked, identify, type ProcessId } from './process-table.ts';
import { type ClusterFolders, readProcesses } from './state.ts';

/**
 * Ends all containers of a node whose kubelet and containerd do not run, and first of all who would
 * see how they end: as a machine does that loses its power.
 */
export async function endContainers(folders: ClusterFolders): Promise<void> {
  await endProcesses(await shims(folders), 'SIGKILL');
  await endProcesses(await containerProcesses(folders), 'SIGKILL');
}

/** What carries the cluster's mark and is no component. */
async function shims(folders: ClusterFolders): Promise<readonly ProcessId[]> {
  const components = new Set<number>();
  for (const [name, { pid }] of await readProcesses(folders)) {
    components.add(pid);
    // A recorded process is nsenter, which waits for the component. Who is left alone is init's child.
    if (name !== 'init') for (const child of await childrenOf(pid)) components.add(child.pid);
  }
  const marked = await findMarked(markVariable, folders.root);
  return marked.filter(({ pid }) => !components.has(pid));
}

async function containerProcesses({ root }: ClusterFolders): Promise<readonly ProcessId[]> {
  const pids = new Set<number>();
  for (const folder of await cgroupFolders(root)) {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('/cgroup.procs'))) {
      const content = await readFile(join(folder, file), 'utf8').catch(() => '');
      for (const line of content.split('\n')) if (line !== '') pids.add(Number(line));
    }
  }
  const ids = await Promise.all([...pids].map(identify));
  return ids.filter((id) => id !== undefined);
}
