import { describe, expect, test } from '@jest/globals';
import { createProgress } from '../../../../e2e/safety/progress.ts';

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
