import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from '../cluster/cluster.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { tracesOf } from '../cluster/traces.ts';

/** What a demo has come to. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Demos of a file of tests, in a state folder of their own: one that a person watches is left alone. */
export interface Playing {
  /** Plays the demo as another process, and sends it a signal when it has said something. */
  readonly demo: (
    args: readonly string[],
    end?: { readonly when: string; readonly signal: 'SIGKILL' | 'SIGINT' },
  ) => Promise<Run>;
  /** What there is of its cluster on this machine. */
  readonly traces: () => Promise<readonly string[]>;
}

/** A cold cache builds the binaries first, which takes a quarter of an hour on two cores. */
const PATIENCE_MS = 30 * 60_000;

/** For the top of a file of tests. */
export function playDemos(): Playing {
  jest.setTimeout(PATIENCE_MS);
  let stateHome = '';
  const stateFolder = (): string => join(stateHome, 'fluent-pvc-operator', 'clusters');
  beforeAll(async () => {
    stateHome = await mkdtemp(join(tmpdir(), 'fluent-pvc-demo-test-'));
  });
  afterAll(async () => {
    // Only a test that failed leaves anything.
    const environment = { ...readEnvironment(), stateFolder: stateFolder() };
    await stopCluster(environment, 'demo', { keepLogs: false });
    await rm(stateHome, { recursive: true, force: true });
  });

  return {
    traces: () => tracesOf(join(stateFolder(), 'demo')),
    demo: async (args, end) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
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

/** A number of the printed table. */
export function row(run: Run, name: string): number {
  return Number(new RegExp(`^  ${name} +(\\d+)`, 'm').exec(run.stdout)?.[1]);
}

/** Of a demo on a real node, whatever ships: the Job fails while the backend is away, and once. */
export function expectEveryLine(run: Run, linesAtLeast = 70): void {
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toMatch(/is FinalizerJobFailed \(attempt 1;/);
  expect(run.stdout).toMatch(/finalizer Job \S+ exited with 0$/m);
  expect(row(run, 'lines written')).toBeGreaterThan(linesAtLeast);
  expect(row(run, 'lines received')).toBe(row(run, 'lines written'));
  expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
}
