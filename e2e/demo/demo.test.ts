import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from '../cluster/cluster.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { tracesOf } from '../cluster/traces.ts';

// A cold cache builds the binaries first, which takes a quarter of an hour on two cores.
jest.setTimeout(30 * 60_000);

let stateHome: string;
let stateFolder: string;
let clusterFolder: string;

beforeAll(async () => {
  // A state folder of its own: a demo that a person watches is left alone.
  stateHome = await mkdtemp(join(tmpdir(), 'fluent-pvc-demo-test-'));
  stateFolder = join(stateHome, 'fluent-pvc-operator', 'clusters');
  clusterFolder = join(stateFolder, 'demo');
});

afterAll(async () => {
  // Only a test that failed leaves anything.
  await stopCluster({ ...readEnvironment(), stateFolder }, 'demo', { keepLogs: false });
  await rm(stateHome, { recursive: true, force: true });
});

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Plays the demo as another process, and sends it a signal when it has said something. */
async function demo(
  args: readonly string[],
  end?: { readonly when: string; readonly signal: 'SIGKILL' | 'SIGINT' },
): Promise<Run> {
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
}

/** A number of the printed table. */
function row(run: Run, name: string): number {
  return Number(new RegExp(`^  ${name} +(\\d+)`, 'm').exec(run.stdout)?.[1]);
}

const asRoot = process.platform === 'linux' && process.geteuid?.() === 0 ? describe : describe.skip;

asRoot('the demo on a real node', () => {
  test('leaves nothing when it is interrupted', async () => {
    const run = await demo([], { when: 'is Running', signal: 'SIGINT' });
    expect(run).toMatchObject({ code: 1, stderr: 'demo: interrupted\n' });
    expect(await tracesOf(clusterFolder)).toEqual([]);
  });

  test('ships every line and leaves nothing, also after a run that was killed', async () => {
    const killed = await demo([], { when: 'taking the backend away', signal: 'SIGKILL' });
    expect(killed.code).toBeNull();
    expect(await tracesOf(clusterFolder)).not.toEqual([]);

    const run = await demo([]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('removed the cluster of an earlier demo');
    for (const seen of [
      /sidecar of \S+ exited with 1$/m,
      /is being deleted \(EvictionByEvictionAPI\)$/m,
      /is FinalizerJobFailed \(attempt 1;/,
      /finalizer Job \S+ exited with 0$/m,
    ]) {
      expect(run.stdout).toMatch(seen);
    }
    expect(row(run, 'lines written')).toBeGreaterThan(70);
    expect(row(run, 'lines received')).toBe(row(run, 'lines written'));
    expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
    expect(await tracesOf(clusterFolder)).toEqual([]);
  });

  test('plays the example with the OpenTelemetry Collector and Loki', async () => {
    const run = await demo(['--example', 'log-collection']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/is FinalizerJobFailed \(attempt 1;/);
    expect(run.stdout).toMatch(/finalizer Job \S+ exited with 0$/m);
    expect(row(run, 'lines written')).toBeGreaterThan(150);
    expect(row(run, 'lines received')).toBe(row(run, 'lines written'));
    expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
    expect(await tracesOf(clusterFolder)).toEqual([]);
  });

  test('fails and says what was lost when the finalizer Job ships nothing', async () => {
    const run = await demo(['--finalizer-command', 'true']);
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(row(run, 'lines lost')).toBeGreaterThanOrEqual(50);
    expect(row(run, 'lines lost')).toBe(row(run, 'lines written') - row(run, 'lines received'));
    expect(run.stdout).toMatch(/^FAILED: \d+ of the \d+ lines of Pod \S+ were lost\.$/m);
    expect(await tracesOf(clusterFolder)).toEqual([]);
  });
});

describe('the demo', () => {
  test('shows the cycle on a simulated node, and says that it counts no lines', async () => {
    const run = await demo(['--nodes', 'kwok']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('no container runs, so no lines are written or counted');
    expect(run.stdout).toMatch(/sidecar of \S+ exited with 1$/m);
    expect([row(run, 'PVCs left'), row(run, 'bindings left')]).toEqual([0, 0]);
    expect(run.stdout).not.toContain('lines written');
    expect(await tracesOf(clusterFolder)).toEqual([]);
  });

  test('refuses what it does not understand in one line', async () => {
    expect(await demo(['--nodes', 'foo'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'demo: --nodes is real or kwok, not "foo" (see --help)\n',
    });
  });
});
