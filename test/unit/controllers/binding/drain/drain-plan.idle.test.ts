import { describe, expect, test } from '@jest/globals';
import { make, T0 } from '../../../../support/make.ts';
import { binding, over, plan, running } from '../../../../support/draining.ts';
import { message, said } from '../../../../support/said.ts';

const now = T0 + 100_000;
const since = (seconds: number) => ({ since: now - seconds * 1000, why: 'Pod "a" has no node' });

describe('a Job without a Pod that runs', () => {
  test('is waited for for two minutes', () => {
    const decided = plan({ job: running, idle: since(119) });
    expect(said(decided)).toMatchObject({ phase: 'FinalizerJobApplied' });
    expect(said(decided)).not.toHaveProperty('DrainStalled');
    expect(decided.requeueAfterMs).toBe(1_000);
  });
  test('is shown then, with the reason, and looked at again', () => {
    const decided = plan({ job: running, idle: since(120) });
    expect(said(decided)).toMatchObject({
      phase: 'FinalizerJobApplied',
      FinalizerJobApplied: 'True FinalizerJobFound',
      DrainStalled: 'True NoPodRuns',
    });
    expect(message(decided, 'DrainStalled')).toContain('runs: Pod "a" has no node. PVC');
    expect(decided.requeueAfterMs).toBe(60_000);
  });
  test('is shown where nobody says why', () => {
    const decided = plan({ job: running, idle: { since: T0 - 60_000, why: undefined } });
    expect(message(decided, 'DrainStalled')).toContain('it has no Pod');
  });
  test('ends that when one runs', () => {
    const stalled = binding({ conditions: [over, make.condition('DrainStalled')] });
    expect(said(plan({ job: running, binding: stalled }))).toMatchObject({
      DrainStalled: 'False FinalizerJobFound',
    });
  });
});
