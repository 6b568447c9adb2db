import { afterAll, beforeAll, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from '../cluster/cluster.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { tracesOf } from '../cluster/traces.ts';
import type { RunResult } from './result.ts';

/** What safety runs have come to. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly results: readonly RunResult[];
}

/** Safety runs of a file of tests, in a state folder of their own: those of a person are left alone. */
export interface Playing {
  readonly safety: (...args: readonly string[]) => Promise<Outcome>;
  /** What there is of their cluster on this machine. */
  readonly traces: () => Promise<readonly string[]>;
}

/** A Pod deleted with grace period 0 alone is waited for more than two minutes. */
const PATIENCE_MS = 15 * 60_000;

/** For the top of a file of tests. */
export function playSafety(): Playing {
  jest.setTimeout(PATIENCE_MS);
  let stateHome = '';
  const stateFolder = (): string => join(stateHome, 'fluent-pvc-operator', 'clusters');
  beforeAll(async () => {
    stateHome = await mkdtemp(join(tmpdir(), 'fluent-pvc-safety-test-'));
  });
  afterAll(async () => {
    // Only a test that failed leaves anything.
    const environment = { ...readEnvironment(), stateFolder: stateFolder() };
    await stopCluster(environment, 'safety', { keepLogs: false });
    await rm(stateHome, { recursive: true, force: true });
  });

  return {
    traces: () => tracesOf(join(stateFolder(), 'safety')),
    safety: async (...args) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
        env: { ...process.env, XDG_STATE_HOME: stateHome, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
      }
      await once(child, 'close');
      const json = said.stdout.split('\n').filter((line) => line.startsWith('{'));
      const results = json.map((line) => JSON.parse(line) as RunResult);
      return { code: child.exitCode, ...said, results };
    },
  };
}
