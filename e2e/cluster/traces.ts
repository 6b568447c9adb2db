import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryCommand } from './commands.ts';
import { findMarked } from './process-table.ts';
import { markVariable } from './processes.ts';
import { kernelName } from './state.ts';

/**
 * Everything on this machine that belongs to the cluster of a state folder, one line a thing;
 * empty after `down`. It shares no record with the cluster: it looks at the machine.
 */
export async function tracesOf(folder: string): Promise<readonly string[]> {
  const name = kernelName(folder);
  const [processes, links, mounts, cgroups] = await Promise.all([
    findMarked(markVariable, folder),
    tryCommand('ip', ['-brief', 'link']),
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
    cgroupsNamed(name),
  ]);
  return [
    ...processes.map(({ pid }) => `process ${pid}`),
    ...links.stdout.split('\n').filter((line) => line.startsWith(name)),
    ...mounts.split('\n').filter((line) => line.includes(folder)),
    ...cgroups,
    ...(existsSync(folder) ? [folder] : []),
  ];
}

/** Mounts and packet-filter rules of the whole machine, to compare before and after. */
export async function machineState(): Promise<string> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const rules = await tryCommand('iptables-save', []);
  // Counters and dates change by themselves.
  const stable = rules.stdout.split('\n').filter((line) => !line.startsWith('#'));
  return [mounts, ...stable].join('\n');
}

async function cgroupsNamed(name: string): Promise<readonly string[]> {
  const root = '/sys/fs/cgroup';
  const hierarchies = [root, ...(await readdir(root)).map((entry) => join(root, entry))];
  return hierarchies.map((folder) => join(folder, name)).filter((folder) => existsSync(folder));
}
