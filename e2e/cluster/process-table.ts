import { readdir, readFile } from 'node:fs/promises';
import { tryCommand } from './commands.ts';

/** A process that can't be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in the words of the system; compared, never computed with. */
  readonly startTime: string;
}

/** The identity of a living process, or undefined when there is none (a zombie is none). */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  if (process.platform === 'linux') {
    const stat = await statOf(pid);
    return stat === undefined || stat.state === 'Z'
      ? undefined
      : { pid, startTime: stat.startTime };
  }
  const { code, stdout } = await tryCommand('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return code === 0 && stdout.trim() !== '' ? { pid, startTime: stdout.trim() } : undefined;
}

/** Whether exactly this process still runs. */
export async function isAlive(id: ProcessId): Promise<boolean> {
  return (await identify(id.pid))?.startTime === id.startTime;
}

/**
 * Every living process whose environment holds `variable=value`: what a process started carries
 * the mark too, whoever its parent is by now. Empty where the system has no /proc.
 */
export async function findMarked(variable: string, value: string): Promise<readonly ProcessId[]> {
  const mark = `${variable}=${value}`;
  const found: ProcessId[] = [];
  for (const pid of await pids()) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(mark)) continue;
    const id = await identify(pid);
    if (id !== undefined) found.push(id);
  }
  return found;
}

/** Children of a process, whatever their namespaces. */
export async function childrenOf(pid: number): Promise<readonly ProcessId[]> {
  const children: ProcessId[] = [];
  for (const candidate of await pids()) {
    const stat = await statOf(candidate);
    if (stat?.parent === pid) children.push({ pid: candidate, startTime: stat.startTime });
  }
  return children;
}

async function pids(): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The command's name stands in parentheses and may hold blanks and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || startTime === undefined) return undefined;
  return { state, parent: Number(parent), startTime };
}
