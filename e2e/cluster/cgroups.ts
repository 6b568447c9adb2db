import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.ts';
import { waitUntilReady } from './readiness.ts';
import { kernelName } from './state.ts';

/** The cgroup of a cluster, as kubelet names it: below each hierarchy's root. */
export function cgroupName(clusterFolder: string): string {
  return `/${kernelName(clusterFolder)}`;
}

/** Makes the cgroup in every hierarchy: kubelet refuses a root that isn't there. */
export async function createCgroups(clusterFolder: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    await passControllersOn(hierarchy);
    const folder = join(hierarchy, cgroupName(clusterFolder));
    await mkdir(folder, { recursive: true });
    // A v1 cpuset starts empty and then holds no process.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (!existsSync(join(hierarchy, file))) continue;
      await writeFile(join(folder, file), await readFile(join(hierarchy, file)));
    }
  }
}

/** Removes the cgroups and all below them; waits for the last process to leave. */
export async function destroyCgroups(clusterFolder: string): Promise<void> {
  for (const folder of await cgroupFolders(clusterFolder)) {
    await waitUntilReady({
      what: `the removal of cgroup ${folder}`,
      timeout: 20_000,
      probe: async () => {
        if (!existsSync(folder)) return undefined;
        return removeTree(folder).then(() => undefined, messageOf);
      },
    });
  }
}

/** Where the cgroup is, or would be: below each hierarchy. Its Pods are below it. */
export async function cgroupFolders(clusterFolder: string): Promise<readonly string[]> {
  const name = cgroupName(clusterFolder);
  return (await hierarchies()).map((hierarchy) => join(hierarchy, name));
}

/** Where the machine has cgroups: one folder for v2, one a controller for v1. */
async function hierarchies(): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')).split('\n');
  const found = mounts
    .map((line) => ({
      target: line.split(' ')[4] ?? '',
      type: line.split(' - ')[1]?.split(' ')[0],
    }))
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ target }) => target);
  return [...new Set(found)];
}

/**
 * In v2 a group has the controllers that its parent passes on, and kubelet wants all that the
 * machine has. systemd passes on the most; runc would do the same for the first container.
 */
async function passControllersOn(hierarchy: string): Promise<void> {
  const file = join(hierarchy, 'cgroup.controllers');
  const controllers = await readFile(file, 'utf8').catch(() => '');
  for (const controller of controllers.split(/\s+/).filter((name) => name !== '')) {
    // One that can't be passed on is missed by kubelet, which says so in its log.
    await writeFile(join(hierarchy, 'cgroup.subtree_control'), `+${controller}`).catch(
      () => undefined,
    );
  }
}

/** rmdir from the leaves up; the files in a cgroup can't be removed and needn't be. */
async function removeTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  await rmdir(folder);
}
