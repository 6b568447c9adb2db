import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupFolders } from '../cluster/cgroups.ts';
import { errorCode } from '../cluster/error-code.ts';
import type { Cluster } from '../cluster/running-cluster.ts';

/*
 * The containers of the node as this machine sees them: by the cgroup of their Pod, which is there
 * from the first process to the last, whatever the API server knows.
 */

/** A container that runs. */
export interface NodeContainer {
  /** As its status says it, without `containerd://`. */
  readonly id: string;
  /** Folder of its cgroup, with the memory controller. */
  readonly cgroup: string;
  /** Not empty; the first is process 1 of the container. */
  readonly pids: readonly number[];
  /** Of that first one: its words, apart by NULs. */
  readonly command: string;
}

/** What a container may have above what it uses now, before it is out of memory. */
const MEMORY_LEFT = 8 * 1024 * 1024;

/** How often a process is looked at, in ms. */
const LOOK_EVERY_MS = 20;

/** The containers of a Pod that have a process, without the one that holds its namespaces. */
export async function containersOf(cluster: Cluster, podUid: string): Promise<NodeContainer[]> {
  const found: NodeContainer[] = [];
  for (const pod of await podCgroups(cluster, podUid)) {
    for (const id of await readdir(pod).catch(() => [])) {
      const cgroup = join(pod, id);
      const text = await readFile(join(cgroup, 'cgroup.procs'), 'utf8').catch(() => '');
      const pids = text.split('\n').filter(Boolean).map(Number);
      const command = await commandOf(pids[0]);
      if (pids.length > 0 && !isPause(command)) found.push({ id, cgroup, pids, command });
    }
  }
  return found;
}

/** SIGKILL, SIGSTOP or SIGCONT for all processes of a container; one that ended meanwhile has. */
export function signalAll({ pids }: NodeContainer, signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (thrown) {
      if (errorCode(thrown) !== 'ESRCH') throw thrown;
    }
  }
}

/** Stops a container; true once its first process stands still, false where that has ended before. */
export async function standStill(container: NodeContainer): Promise<boolean> {
  signalAll(container, 'SIGSTOP');
  for (;;) {
    const state = await stateOf(container);
    if (state === 'T') return true;
    if (hasEnded(state)) return false;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Returns when the first process of a container has ended. */
export async function ended(container: NodeContainer): Promise<void> {
  while (!hasEnded(await stateOf(container))) await sleep(LOOK_EVERY_MS);
}

/** Letter of the state in the text of `/proc/PID/stat`; the name before it may hold anything. Pure. */
export function stateIn(stat: string): string {
  return stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .charAt(0);
}

/** As {@link stateIn} has it: empty when it is gone. */
async function stateOf({ pids: [first = 0] }: NodeContainer): Promise<string> {
  return stateIn(await readFile(`/proc/${first}/stat`, 'utf8').catch(() => ''));
}

/** A zombie has, too: it waits for its parent to notice. */
function hasEnded(state: string): boolean {
  return state === '' || state === 'Z' || state === 'X';
}

/**
 * Lets a container run out of memory: it gets a limit, and a process of ours in its cgroup eats up
 * what is left. The kernel chooses whom to kill: it prefers the container's own processes, and may
 * take ours all the same.
 */
export async function exhaustMemory({ cgroup, pids }: NodeContainer): Promise<void> {
  const v2 = existsSync(join(cgroup, 'memory.max'));
  const [usage, limit] = v2
    ? ['memory.current', 'memory.max']
    : ['memory.usage_in_bytes', 'memory.limit_in_bytes'];
  const used = Number(await readFile(join(cgroup, usage), 'utf8'));
  await writeFile(join(cgroup, limit), String(used + MEMORY_LEFT));
  for (const pid of pids) {
    await writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch((thrown: unknown) => {
      // A command of its script that has ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes(errorCode(thrown) ?? '')) throw thrown;
    });
  }
  // Reads a line that has no end, and so keeps all of it.
  const eat = 'echo $$ >"$1/cgroup.procs" && exec tail /dev/zero';
  const eater = spawn('sh', ['-c', eat, 'sh', cgroup], { stdio: 'ignore' });
  const ended = once(eater, 'exit');
  while (eater.exitCode === null && eater.signalCode === null && isThere(pids[0] ?? 0)) {
    await sleep(LOOK_EVERY_MS);
  }
  eater.kill('SIGKILL');
  await ended;
}

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function podCgroups(cluster: Cluster, podUid: string): Promise<string[]> {
  const roots = await cgroupFolders(dirname(cluster.kubeconfig));
  // v1 has a hierarchy a controller; in v2 there is one.
  const root = roots.find((folder) => basename(dirname(folder)) === 'memory') ?? roots[0] ?? '';
  const classes = ['', 'burstable', 'besteffort'];
  return classes
    .map((name) => join(root, 'kubepods', name, `pod${podUid}`))
    .filter((folder) => existsSync(folder));
}

/** Empty for one that has ended. */
async function commandOf(pid: number | undefined): Promise<string> {
  if (pid === undefined) return '';
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}

/** As `e2e/cluster/busybox.ts` has it. */
function isPause(command: string): boolean {
  return command.includes('while :; do sleep 86400 & wait; done');
}
