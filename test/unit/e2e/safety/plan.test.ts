import { describe, expect, test } from '@jest/globals';
import { type Fault, FAULTS } from '../../../../e2e/safety/faults.ts';
import {
  planRound,
  planRounds,
  ROUND_SIZE,
  type RoundPlan,
  type RunPlan,
  withoutBackend,
} from '../../../../e2e/safety/plan.ts';

const big = planRounds(1, 200);
const runs = big.flatMap((round) => round.runs);

function struckBy(round: RoundPlan, run: RunPlan): Fault[] {
  return [...new Set([...run.strikes, ...round.strikes].map(({ fault }) => fault))];
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

  test.each(FAULTS)('lets %s befall at least 20 of 200 runs', (fault) => {
    const struck = big.flatMap((round) =>
      round.runs.filter((run) => struckBy(round, run).includes(fault)),
    );
    // Some strike too late.
    expect(struck.length).toBeGreaterThanOrEqual(25);
  });

  test('gives every run a fault, and many of them several', () => {
    const counts = big.flatMap((round) => round.runs.map((run) => struckBy(round, run).length));
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

  test('without a backend differs in what befalls the cluster, and in nothing else', () => {
    const round = planRound(1);
    expect(withoutBackend(round)).toEqual({
      ...round,
      strikes: [
        { fault: 'backend down', from: { runs: 0, are: 'writing' }, untilOver: ROUND_SIZE },
      ],
    });
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
