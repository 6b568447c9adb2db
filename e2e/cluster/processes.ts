import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { messageOf, UserError } from '../../src/errors.ts';
import { errorCode } from './error-code.ts';
import { identify, isAlive, type ProcessId } from './process-table.ts';
import { waitUntilReady } from './readiness.ts';
import { systemPath } from './system-path.ts';

/** Environment variable that marks every process of a cluster; its value is the state folder. */
export const markVariable = 'FLUENT_PVC_CLUSTER';

/** A process that outlives the one that starts it. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** State folder of the cluster it belongs to. */
  readonly mark: string;
  /** Output is appended here. */
  readonly logFile: string;
}

/** Starts a process of its own session, away from the caller's terminal and signals. */
export async function launch(request: Launch): Promise<ProcessId> {
  const log = await open(request.logFile, 'a');
  try {
    const child = spawn(request.command, [...request.args], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: {
        // Only what programs need: a user's proxy or GOMAXPROCS must not change the cluster.
        PATH: systemPath().join(':'),
        HOME: process.env.HOME ?? '/',
        ...request.env,
        [markVariable]: request.mark,
      },
    });
    await once(child, 'spawn').catch((thrown: unknown) => {
      throw new UserError(`can't start ${request.command}: ${messageOf(thrown)}`);
    });
    child.unref();
    const id = child.pid === undefined ? undefined : await identify(child.pid);
    // Gone already: the caller's wait for readiness tells why, from the log.
    return id ?? { pid: child.pid ?? 0, startTime: '' };
  } finally {
    await log.close();
  }
}

/** Ends exactly these processes and waits until they are gone. */
export async function endProcesses(
  ids: readonly ProcessId[],
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  for (const id of ids) {
    if (!(await isAlive(id))) continue;
    try {
      process.kill(id.pid, signal);
    } catch (thrown) {
      if (errorCode(thrown) === 'ESRCH') continue;
      throw new UserError(`can't end process ${id.pid}: ${messageOf(thrown)}`);
    }
  }
  for (const id of ids) {
    await waitUntilReady({
      what: `the end of process ${id.pid}`,
      probe: async () => ((await isAlive(id)) ? `it still runs after ${signal}` : undefined),
      timeout: 20_000,
      every: 10,
    });
  }
}
