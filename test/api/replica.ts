import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** How long a start from the sources may take, in ms: beside all else that two cores are doing then. */
export const START_MS = 60_000;

/** The program of this checkout, as a process of its own. */
export interface Replica {
  readonly pid: number;
  /** Asks it to go, and does not wait. */
  signal(how: NodeJS.Signals): void;
  /** The same, and waits until it is gone. */
  end(how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts it with these arguments; killed, if it is still there, when the parts are closed. */
export function startReplica(args: readonly string[], parts: AsyncDisposableStack): Replica {
  const common = ['--bind-address=127.0.0.1', '--log-level=error'];
  const child = spawn(process.execPath, ['src/main.ts', ...args, ...common], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    },
  });
  const ended = once(child, 'exit');
  const signal: Replica['signal'] = (how) => {
    child.kill(how);
  };
  const end: Replica['end'] = async (how) => {
    signal(how);
    await ended;
  };
  parts.defer(() => end('SIGKILL'));
  return { pid: child.pid ?? 0, signal, end };
}
