import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Takes lines of output. */
export type Say = (text: string) => void;

/** Where the output of programs goes, and until when they run. */
export interface Running {
  readonly say: Say;
  /** Ends them when it aborts. */
  readonly signal: AbortSignal;
}

/** Of the checkout. */
export const root = join(import.meta.dirname, '..');
/** Where its dependencies have their programs. */
export const bin = join(root, 'node_modules/.bin');

/** A program of the dependencies, or of the machine by its path, and what it is given. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Says nothing of what it writes there. */
  readonly stdout?: 'ignore';
}

/**
 * Exit code of a program, or the name of the signal that ended it; its output is said line by line. Where
 * `signal` aborts, it ends with all that it has started, such as the workers of jest.
 */
export async function run(
  { file, args, env, stdout }: Program,
  { say, signal }: Running,
): Promise<number | NodeJS.Signals> {
  signal.throwIfAborted();
  const colours = process.stdout.isTTY && process.env.CI !== 'true' ? { FORCE_COLOR: '1' } : {};
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, ...colours, ...env },
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    // A process group of its own.
    detached: true,
  });
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', end);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      say(`${line}\n`);
    });
  }
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals];
    return code ?? killedBy;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
