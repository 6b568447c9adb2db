import { expect, test } from '@jest/globals';
import { planRound, ROUND_SIZE } from '../../../../e2e/safety/plan.ts';
import { withoutBackend } from '../../../../e2e/safety/planted-loss.ts';

test('a round without a backend differs in what befalls the cluster, and in nothing else', () => {
  const round = planRound(1);
  expect(withoutBackend(round)).toEqual({
    ...round,
    strikes: [{ fault: 'backend down', from: { runs: 0, are: 'writing' }, untilOver: ROUND_SIZE }],
  });
});
