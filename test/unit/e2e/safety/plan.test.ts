import { describe, expect, test } from '@jest/globals';
import { FAULTS, SHARED_FAULTS } from '../../../../e2e/safety/faults.ts';
import { askedOf, planRound, planRounds, ROUND_SIZE } from '../../../../e2e/safety/plan.ts';

const big = planRounds(1, 200);
const runs = big.flatMap((round) => round.runs);

/** How many of so many runs each fault is to befall, in the order of FAULTS. */
function askedIn(seed: number, size: number): readonly number[] {
  const asked = planRounds(seed, size).flatMap((round) =>
    round.runs.flatMap((run) => askedOf(round, run)),
  );
  return FAULTS.map((fault) => asked.filter((each) => each === fault).length);
}

describe('the plan', () => {
  test('is the same for the same seed, and another one for another', () => {
    expect(planRounds(5, 20)).toEqual(planRounds(5, 20));
    expect(planRound(5)).not.toEqual({ ...planRound(6), seed: 5 });
  });

  test('gives each round a seed that plays it alone', () => {
    expect(big.map(({ seed }) => seed)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(planRounds(9, ROUND_SIZE)).toEqual([big[8]]);
  });

  test('has as many runs as are asked for; the last round may be short', () => {
    expect(runs).toHaveLength(200);
    expect(planRounds(1, 11).map((round) => round.runs.length)).toEqual([8, 3]);
    expect(planRounds(1, 11)[1]?.runs).toEqual(big[1]?.runs.slice(0, 3));
  });

  test('lets each fault befall at least 20 of 200 runs, whatever the seed', () => {
    for (let seed = 0; seed < 200; seed++) {
      // Some strike too late.
      expect(Math.min(...askedIn(seed, 200))).toBeGreaterThanOrEqual(25);
    }
  });

  test('lets each fault befall a tenth of the runs, however few and whatever the seed', () => {
    for (let size = 1; size <= 60; size++) {
      for (let seed = 0; seed < 20; seed++) {
        const least = Math.min(...askedIn(seed, size));
        expect({ seed, size, enough: least >= Math.floor(size / 10) }).toEqual({
          ...{ seed, size, enough: true },
        });
      }
    }
  });

  test('lets any two faults of the cluster befall some round together', () => {
    const together = new Set(
      big.flatMap(({ strikes }) =>
        strikes.flatMap((one) => strikes.map((other) => `${one.fault}, ${other.fault}`)),
      ),
    );
    for (const one of SHARED_FAULTS) {
      for (const other of SHARED_FAULTS) expect(together).toContain(`${one}, ${other}`);
    }
  });

  test('gives every run a fault, and many of them several', () => {
    const counts = big.flatMap((round) => round.runs.map((run) => askedOf(round, run).length));
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts.filter((count) => count > 1).length).toBeGreaterThan(100);
  });

  test('gives no run more than three faults of its own', () => {
    expect(Math.max(...runs.map(({ strikes }) => strikes.length))).toBe(3);
  });

  test('strikes in the order of lines, before the last of them, and then at the drain', () => {
    for (const { strikes, writing, deletedAfter } of runs) {
      const moments = strikes.map(({ when }) =>
        when.kind === 'lines' ? when.count : when.kind === 'draining' ? Infinity : 0,
      );
      expect(moments).toEqual([...moments].sort((a, b) => a - b));
      for (const count of [...moments, deletedAfter ?? 0]) {
        expect(count === Infinity || count <= writing.lines * 0.7).toBe(true);
      }
    }
  });

  test('restarts only the app of a Pod that goes on without it', () => {
    for (const { strikes, writing } of runs) {
      expect(new Set(strikes.map(({ fault }) => fault)).size).toBe(strikes.length);
      const killed = strikes.findIndex(({ fault }) => fault === 'app killed');
      const next = strikes[killed + 1]?.when.kind;
      if (killed >= 0 && writing.restartPolicy === 'Never') expect(next).not.toBe('lines');
      if (writing.restartPolicy === 'OnFailure') expect(killed).toBe(0);
    }
  });

  test('lets a Pod that is deleted with grace period 0 write on for ten seconds and more', () => {
    for (const { strikes, writing } of runs) {
      const { when } =
        strikes.find(({ fault }) => fault === 'Pod deleted with grace period 0') ?? {};
      if (when?.kind !== 'lines') continue;
      expect(writing).toMatchObject({ onTerm: 'writes on' });
      expect(writing.gracePeriodSeconds).toBeGreaterThanOrEqual(10);
      expect((writing.lines - when.count) / writing.linesAtOnce).toBeGreaterThanOrEqual(100);
    }
  });

  test('waits for no more runs than there are', () => {
    for (let seed = 0; seed < 50; seed++) {
      for (const { from, untilOver } of planRound(seed, 2).strikes) {
        expect(from.runs).toBeLessThanOrEqual(2);
        expect(untilOver).toBeLessThanOrEqual(2);
      }
    }
  });
});
