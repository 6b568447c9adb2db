import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from './cluster/cluster.ts';
import { readEnvironment } from './cluster/environment.ts';
import { tracesOf } from './cluster/traces.ts';
import { FAULTS } from './safety/faults.ts';
import { askedOf, planRounds } from './safety/plan.ts';
import { knownSum, type RunResult } from './safety/result.ts';

/*
 * The short form of `npm run safety`: three rounds with the real shipper and backend, and a loss that
 * must be found. docs/data-safety.md has what the long form found.
 */

/** Every fault befalls some of these runs; the operator is not killed in the last round: that ends soonest. */
const [SEED, RUNS] = [17, 24];

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

describe('the plan of the short form', () => {
  const rounds = planRounds(SEED, RUNS);

  test.each(FAULTS)('has %s', (fault) => {
    const asked = rounds.flatMap((round) => round.runs.flatMap((run) => askedOf(round, run)));
    // Some may strike too late.
    expect(asked.filter((each) => each === fault).length).toBeGreaterThan(2);
  });

  test.each(['process', 'Pod', 'Job'])('kills the %s of a finalizer Job', (how) => {
    const moments = rounds.flatMap(({ runs }) => runs.flatMap(({ strikes }) => strikes));
    expect(moments.map(({ when }) => when)).toContainEqual({ kind: 'draining', how });
  });
});

asRoot('the safety runs', () => {
  test(
    'lose no line under all faults, and leave nothing',
    async () => {
      const { code, stdout, stderr, results } = await safety(`--seed=${SEED}`, `--runs=${RUNS}`);
      expect({ code, stderr, end: code === 0 ? '' : stdout }).toEqual({
        ...{ code: 0, stderr: '', end: '' },
      });
      expect(results).toHaveLength(RUNS);
      expect(results.filter(({ lines }) => lines === 0)).toHaveLength(3);
      expect(results.map(({ lost }) => lost)).toEqual(Array(RUNS).fill(0));
      // Not only asked for: seen to take effect.
      const struck = new Set(results.flatMap(({ faults }) => faults));
      expect([...struck].sort()).toEqual([...FAULTS].sort());
      expect(stdout).toContain('OK: no line was lost, none was invented, and nothing is left.');
      expect(await tracesOf(join(stateFolder, 'safety'))).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'find what a finalizer Job loses that exits 0 at once',
    async () => {
      const { code, stdout, results } = await safety('--planted-loss', '--seed=46', '--runs=2');
      const lost = knownSum(results.map((run) => run.lost));
      expect(lost).toBeGreaterThan(0);
      expect(code).toBe(1);
      expect(stdout).toContain(`The planted loss was found: ${lost} lines.`);
      expect(stdout).toMatch(/^FAILED: seed 46, run \d: \d+ of \d+ lines were lost, such as /m);
      expect(stdout).toMatch(/^FAILED: seed 46, run \d: evidence is in \S+seed-46-run-\d\.$/m);
    },
    PATIENCE_MS,
  );
});
