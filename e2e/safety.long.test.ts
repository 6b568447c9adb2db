import { describe, expect, test } from '@jest/globals';
import { asRoot } from '../test/support/as-root.ts';
import { FAULTS } from './safety/faults.ts';
import { askedOf, planRounds } from './safety/plan.ts';
import { playSafety } from './safety/playing.ts';
import { knownSum } from './safety/result.ts';

/*
 * `npm run safety` with the real shipper and backend: three rounds, and a loss that must be found.
 * docs/data-safety.md has what more of them found.
 */

/** Every fault befalls some of these runs; the operator is not killed in the last round: that ends soonest. */
const [SEED, RUNS] = [17, 24];

const { safety, traces } = playSafety();

describe('the plan', () => {
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
  test('lose no line under all faults, and leave nothing', async () => {
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
    expect(await traces()).toEqual([]);
  });

  test('find what a finalizer Job loses that exits 0 at once', async () => {
    const { code, stdout, results } = await safety('--planted-loss', '--seed=46', '--runs=2');
    const lost = knownSum(results.map((run) => run.lost));
    expect(lost).toBeGreaterThan(0);
    expect(code).toBe(1);
    expect(stdout).toContain(`The planted loss was found: ${lost} lines.`);
    expect(stdout).toMatch(/^FAILED: seed 46, run \d: \d+ of \d+ lines were lost, such as /m);
    expect(stdout).toMatch(/^FAILED: seed 46, run \d: evidence is in \S+seed-46-run-\d\.$/m);
  });
});
