import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../src/errors.ts';
import { eventually } from '../test/support/eventually.ts';

/** A program that is measured from outside, on Linux. */
export interface Program {
  readonly pid: number;
  readonly logFile: string;
  /** CPU time so far, user and system, in ms; the kernel counts in steps of 10. */
  cpuMs(): Promise<number>;
  /** What it has in memory, shared pages included, in MiB. */
  rssMiB(): Promise<number>;
  /** What of its heap is in use after a full collection, in MiB. */
  heapMiB(): Promise<number>;
  /** SIGKILL, and waits: nothing that is measured depends on a clean end. */
  kill(): Promise<void>;
  /** SIGTERM, and waits: profiles are written at the end. */
  end(): Promise<void>;
}

const START_MS = 180_000;
const MIB = 1024 * 1024;
/** The kernel's clock ticks, of which there are 100 a second on every Linux of today. */
const TICK_MS = 10;

/**
 * Told with SIGUSR2 by whom the heap is to be measured. Inline: a file of its own would be TypeScript,
 * and what strips its types stays in memory.
 */
const HEAP_PROBE = `data:text/javascript,${encodeURIComponent(
  'process.on("SIGUSR2", () => { gc(); gc(); process.stderr.write("heap " + process.memoryUsage().heapUsed + "\\n"); });',
)}`;

/** Flags for a profile of a program that is ended with SIGTERM: `cpu` or `heap`, or of neither kind. */
export function profiled(kind: string, folder: string): string[] {
  return ['cpu', 'heap'].includes(kind) ? [`--${kind}-prof`, `--${kind}-prof-dir=${folder}`] : [];
}

/** Starts a file of JavaScript or TypeScript, and returns when it is ready. */
export async function startProgram({
  file,
  args,
  nodeFlags = [],
  logFile,
  isReady,
}: {
  readonly file: string;
  readonly args: readonly string[];
  /** For Node: profiles, sizes of the heap. */
  readonly nodeFlags?: readonly string[];
  /** Its output. */
  readonly logFile: string;
  readonly isReady: () => Promise<boolean>;
}): Promise<Program> {
  const log = openSync(logFile, 'w');
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', HEAP_PROBE, ...nodeFlags, file, ...args],
    { stdio: ['ignore', log, log], env: { PATH: process.env.PATH ?? '' } },
  );
  closeSync(log);
  await once(child, 'spawn');
  const { pid = 0 } = child;
  const orphaned = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', orphaned);
  const ended = once(child, 'exit').finally(() => process.off('exit', orphaned));
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const said = (): Promise<string> => readFile(logFile, 'utf8');
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (!hasEnded()) child.kill(signal);
    await ended;
  };
  try {
    await eventually(`${file} to be ready`, async () => hasEnded() || (await isReady()), START_MS);
    if (hasEnded()) throw new UserError(`${file} ended: ${(await said()).slice(-1000)}`);
  } catch (thrown) {
    await end('SIGKILL');
    throw thrown;
  }
  const heaps = async (): Promise<string[]> =>
    (await said()).split('\n').filter((line) => line.startsWith('heap '));
  return {
    pid,
    logFile,
    async cpuMs() {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The name of the program, in brackets, may have spaces; the fields after it have none.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    async rssMiB() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
    async heapMiB() {
      const before = await heaps();
      process.kill(pid, 'SIGUSR2');
      const line = await eventually('the heap to be measured', async () =>
        (await heaps()).at(before.length),
      );
      return Number(line.split(' ')[1]) / MIB;
    },
    kill: () => end('SIGKILL'),
    end: () => end('SIGTERM'),
  };
}
