import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from './cluster/cluster.ts';
import { readEnvironment } from './cluster/environment.ts';
import { tracesOf } from './cluster/traces.ts';
import { OWN_FAULTS } from './safety/faults.ts';
import type { RunResult } from './safety/result.ts';

/*
 * The short form of `npm run safety`: one round with the real shipper and backend, and a loss that
 * must be found. docs/data-safety.md has what the long form found.
 */

/** A Pod deleted with grace period 0 alone is waited for more than two minutes. */
const PATIENCE_MS = 15 * 60_000;

let stateHome: string;
let stateFolder: string;

beforeAll(async () => {
  // A state folder of its own: runs that a person watches are left alone.
  stateHome = await mkdtemp(join(tmpdir(), 'fluent-pvc-safety-test-'));
  stateFolder = join(stateHome, 'fluent-pvc-operator', 'clusters');
});

afterAll(async () => {
  // Only a test that failed leaves anything.
  await stopCluster({ ...readEnvironment(), stateFolder }, 'safety', { keepLogs: false });
  await rm(stateHome, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly results: readonly RunResult[];
}

async function safety(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'safety/main.ts'), ...args], {
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
}

const asRoot = process.platform === 'linux' && process.geteuid?.() === 0 ? describe : describe.skip;

asRoot('the safety runs', () => {
  test(
    'lose no line in a round of faults, and leave nothing',
    async () => {
      const { code, stdout, stderr, results } = await safety('--seed', '11');
      expect({ code, stderr, end: code === 0 ? '' : stdout }).toEqual({
        ...{ code: 0, stderr: '', end: '' },
      });
      expect(results).toHaveLength(8);
      expect(results.filter(({ lines }) => lines === 0)).toHaveLength(1);
      // All that this seed plans; a Job may be drained before it is killed.
      const struck = new Set(results.flatMap(({ faults }) => faults));
      for (const fault of OWN_FAULTS) {
        if (fault !== 'finalizer Job killed') expect(struck).toContain(fault);
      }
      for (const fault of ['backend down', 'operator killed']) expect(struck).toContain(fault);
      expect(stdout).toContain('OK: no line was lost, none was invented, and nothing is left.');
      expect(await tracesOf(join(stateFolder, 'safety'))).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'find what a finalizer Job loses that exits 0 at once',
    async () => {
      const { code, stdout, results } = await safety('--planted-loss', '--seed=46', '--runs=2');
      const lost = results.reduce((sum, run) => sum + run.lost, 0);
      expect(lost).toBeGreaterThan(0);
      expect(code).toBe(1);
      expect(stdout).toContain(`The planted loss was found: ${lost} lines.`);
      expect(stdout).toMatch(/^FAILED: seed 46, run \d: \d+ of \d+ lines were lost, such as /m);
      expect(stdout).toMatch(/^FAILED: seed 46, run \d: evidence is in \S+seed-46-run-\d\.$/m);
    },
    PATIENCE_MS,
  );
});
