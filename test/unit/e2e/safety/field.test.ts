import { describe, expect, test } from '@jest/globals';
import type { SharedFault } from '../../../../e2e/safety/faults.ts';
import { createProgress, type LiveRun, markStruck } from '../../../../e2e/safety/field.ts';
import { planRound } from '../../../../e2e/safety/plan.ts';

describe('how far the runs of a round have come', () => {
  test('is told once so many have, each counted once', async () => {
    const progress = createProgress();
    const told: string[] = [];
    const two = progress.reached({ runs: 2, are: 'over' }).then(() => told.push('two are over'));
    progress.reach('over', 1);
    progress.reach('over', 1);
    progress.reach('writing', 2);
    await progress.reached({ runs: 1, are: 'over' });
    expect(told).toEqual([]);
    progress.reach('over', 2);
    await two;
    expect(told).toEqual(['two are over']);
  });

  test('is told at once where they have already', async () => {
    const progress = createProgress();
    progress.reach('writing', 1);
    await expect(progress.reached({ runs: 1, are: 'writing' })).resolves.toBeUndefined();
  });
});

describe('a fault of the cluster that took effect', () => {
  const plan = planRound(1).runs[0];
  if (plan === undefined) throw new Error('a round has runs');
  const run = (isDrained: boolean): LiveRun => {
    return { seed: 1, plan, asked: [], faults: new Set(), isDrained };
  };

  test('has struck whoever was not drained, and strikes whoever comes in', () => {
    const [drained, waiting] = [run(true), run(false)];
    const field = { runs: new Set([drained, waiting]), faults: new Set<SharedFault>() };
    markStruck(field, 'backend down');
    expect([drained, waiting].map(({ faults }) => [...faults])).toEqual([[], ['backend down']]);
    expect([...field.faults]).toEqual(['backend down']);
  });
});
