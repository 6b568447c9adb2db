import { afterAll, beforeAll, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from './cluster/cluster.ts';
import { readEnvironment } from './cluster/environment.ts';
import { tracesOf } from './cluster/traces.ts';

/** What a program has come to. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs of a program, in a state folder of their own: one that a person watches is left alone. */
export interface Playing {
  /** Runs it as another process, and sends it a signal when it has said something. */
  readonly play: (
    args: readonly string[],
    end?: { readonly when: string; readonly signal: 'SIGKILL' | 'SIGINT' },
  ) => Promise<Run>;
  /** What there is of its cluster on this machine. */
  readonly traces: () => Promise<readonly string[]>;
}

/** For the top of a file of tests: `main` is the program, `cluster` the name of the one it starts. */
export function playing(
  { main, cluster }: { readonly main: string; readonly cluster: string },
  patienceMs: number,
): Playing {
  jest.setTimeout(patienceMs);
  let stateHome = '';
  const stateFolder = (): string => join(stateHome, 'fluent-pvc-operator', 'clusters');
  beforeAll(async () => {
    stateHome = await mkdtemp(join(tmpdir(), `fluent-pvc-${cluster}-test-`));
  });
  afterAll(async () => {
    // Only a test that failed leaves anything.
    const environment = { ...readEnvironment(), stateFolder: stateFolder() };
    await stopCluster(environment, cluster, { keepLogs: false });
    await rm(stateHome, { recursive: true, force: true });
  });

  return {
    traces: () => tracesOf(join(stateFolder(), cluster)),
    play: async (args, end) => {
      const child = spawn(process.execPath, [main, ...args], {
        env: { ...process.env, XDG_STATE_HOME: stateHome, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        // Once: a second Ctrl-C means that somebody does not want to wait for what is tidied up.
        if (end !== undefined && !child.killed && stdout.includes(end.when)) child.kill(end.signal);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      await once(child, 'close');
      return { code: child.exitCode, stdout, stderr };
    },
  };
}
