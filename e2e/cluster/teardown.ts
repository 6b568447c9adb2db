import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { destroyCgroups } from './cgroups.ts';
import { removeUserKubeconfig } from './kubeconfig.ts';
import { destroyNetwork } from './network.ts';
import { endProcesses, markVariable } from './processes.ts';
import { findMarked, isAlive, type ProcessId } from './process-table.ts';
import { type ClusterFolders, readConfig, readProcesses, removeFolders } from './state.ts';

/**
 * Removes everything that a cluster is, whatever is left of it: each step looks at the machine and
 * not only at what a former run wrote down, and does nothing where there is nothing. False when
 * nothing was there.
 */
export async function destroyCluster(
  folders: ClusterFolders,
  options: { readonly keepLogs: boolean },
): Promise<boolean> {
  const ended = await endAll(folders);
  if (process.platform === 'linux' && process.geteuid?.() === 0) {
    await destroyNetwork(folders.root);
    await destroyCgroups(folders.root);
  }
  const config = await readConfig(folders);
  const text = await readFile(folders.kubeconfig, 'utf8').catch(() => '');
  for (const file of config?.userKubeconfigs ?? []) await removeUserKubeconfig(file, text);
  const there = existsSync(folders.root);
  await removeFolders(folders, options);
  return ended || there;
}

/** Ends the processes; the state of a cluster that goes is worth nothing, so none is asked first. */
async function endAll(folders: ClusterFolders): Promise<boolean> {
  // With the node's init process, which takes all processes of the node along, those without a mark,
  // too. Together: init is not gone before the ones that entered its namespaces are, and one that is
  // stopped (SIGSTOP) only ends when it is killed itself.
  const recorded = await readProcesses(folders);
  let any = false;
  for (;;) {
    const found: ProcessId[] = [...(await findMarked(markVariable, folders.root))];
    for (const id of recorded.values()) if (await isAlive(id)) found.push(id);
    const others = found.filter(({ pid }) => pid !== process.pid);
    if (others.length === 0) return any;
    any = true;
    await endProcesses(others, 'SIGKILL');
  }
}
