import { describe, expect, test } from '@jest/globals';
import { make, NAME, at } from '../../../../support/make.ts';
import type { DrainObservation } from '../../../../../controllers/binding/drain/drain-plan.ts';
import type { Plan } from '../../../../../src/core/plan.ts';
import { notTaken } from '../../../../support/not-taken.ts';
import { deeds, message, said } from '../../../../support/said.ts';
import {
  over,
  binding,
  running,
  ended,
  next,
  failedStatus,
  plan,
} from '../../../../support/draining.ts';

/** The binding with what the plan says of it stored. */
function told(decided: Plan): DrainObservation['binding'] {
  const [write] = decided.writes;
  if (write?.verb !== 'patch') throw new Error('nothing is said');
  const { status } = write.body as { status: object };
  return { ...binding(), status: { ...binding().status, ...status } };
}
const gone = { FinalizerJobApplied: 'False FinalizerJobGone' };

/** What the API server says to a new object. */
const no = (code: number, reason: string, text: string) => notTaken(next.job, code, reason, text);

describe('a Job that the API server has refused', () => {
  const quota = (used: number) => no(403, 'Forbidden', `exceeded quota: pods, used: ${used}`);
  test('is said and tried again', () => {
    const decided = plan({ next, refusal: quota(3) });
    expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status', 'create Job']);
    expect(said(decided)).toMatchObject({ DrainStalled: 'True FinalizerJobRefused' });
    expect(message(decided, 'DrainStalled')).toContain(quota(3).error.message);
  });
  test('is said once, whatever else the API server says of the same refusal', () => {
    const before = told(plan({ next, refusal: quota(3) }));
    for (const used of [3, 4]) {
      const again = plan({ next, refusal: quota(used), binding: before });
      expect(deeds(again.writes)).toEqual(['create Job']);
    }
  });
  const others = {
    'another reason': no(403, 'Invalid', 'no'),
    'another code': no(422, 'Forbidden', 'no'),
  };
  test.each(Object.entries(others))('is said anew for %s', (_, refusal) => {
    const before = told(plan({ next, refusal: quota(3) }));
    const decided = plan({ next, refusal, binding: before });
    expect(message(decided, 'DrainStalled')).toContain('no (');
  });
  test('is said anew where something else stood in the way, or nothing any more', () => {
    const other = make.condition('DrainStalled', { message: '(Forbidden 403)' });
    const former = make.condition('DrainStalled', {
      status: 'False',
      reason: 'FinalizerJobRefused',
      message: '(Forbidden 403)',
    });
    for (const condition of [other, former]) {
      const before = binding({ phase: 'OutOfUse', conditions: [over, condition] });
      expect(message(plan({ next, refusal: quota(3), binding: before }), 'DrainStalled')).toContain(
        quota(3).error.message,
      );
    }
  });
  test('is not taken for one where another object was refused', () => {
    const refusal = notTaken(make.claim(), 403, 'Forbidden', 'exceeded quota');
    expect(deeds(plan({ next, refusal }).writes)).toEqual(['create Job']);
  });
  test('is said in a condition that the API takes, with whose turn it is', () => {
    const text = message(
      plan({ next, refusal: no(403, 'Forbidden', 'x'.repeat(100_000)) }),
      'DrainStalled',
    );
    expect(text?.length).toBeLessThan(32_768);
    expect(text).toContain('remove what stands in its way');
  });
  test('is another thing than one that it could not take: whose turn it is differs', () => {
    const down = no(500, 'InternalError', 'failed calling webhook "x"');
    const decided = plan({ next, refusal: down, binding: told(plan({ next, refusal: quota(3) })) });
    expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status', 'create Job']);
    expect(said(decided)).toMatchObject({ DrainStalled: 'True FinalizerJobNotMade' });
    expect(message(decided, 'DrainStalled')).toContain(down.error.message);
  });
  test('is said once, however it fails: each word anew would be the cause of the next', () => {
    const refusal = no(500, 'InternalError', 'failed calling webhook "x"');
    const before = told(plan({ next, refusal }));
    for (const other of [no(500, 'InternalError', 'timeout'), no(429, 'TooManyRequests', 'x')])
      expect(deeds(plan({ next, refusal: other, binding: before }).writes)).toEqual(['create Job']);
  });
  test.each(['running', 'Complete', 'Failed'])('is forgotten with a Job that is %s', (end) => {
    const known = binding({ conditions: [over, make.condition('DrainStalled')] });
    const job = end === 'running' ? running : ended(end);
    expect(said(plan({ job, binding: known }))).toMatchObject({
      DrainStalled: expect.stringMatching(/^False/) as unknown,
    });
  });
});

describe('no Job can be made', () => {
  const impossible = { outcome: 'impossible', reason: 'MountPathTaken', message: 'No.' } as const;
  test('ever: that is said, once, and not looked at again', () => {
    const decided = plan({ next: impossible });
    expect(said(decided)).toMatchObject({ phase: 'OutOfUse', DrainStalled: 'True MountPathTaken' });
    expect(decided.requeueAfterMs).toBeUndefined();
    expect(plan({ next: impossible, binding: told(decided) }).writes).toEqual([]);
  });
  const taken = { outcome: 'taken', message: 'It is not ours.' } as const;
  test('while its name is taken: that is said, once, and looked at again: nobody watches it', () => {
    const decided = plan({ next: taken });
    expect(said(decided)).toMatchObject({ phase: 'OutOfUse', DrainStalled: 'True JobNameTaken' });
    expect(plan({ next: taken, binding: told(decided) })).toMatchObject({
      writes: [],
      requeueAfterMs: 30_000,
    });
  });
  const busy = (...pods: { name: string; node: string | undefined }[]) =>
    ({ outcome: 'busy', pods }) as const;
  test('while Pods of a former one may run: which, where, and whose turn it is', () => {
    const two = busy({ name: 'a', node: 'node-1' }, { name: 'b', node: undefined });
    const decided = plan({ next: two });
    expect(said(decided)).toMatchObject({ DrainStalled: 'True FormerJobBusy' });
    const text = message(decided, 'DrainStalled') ?? '';
    for (const part of ['"a" (node "node-1")', '"b" (no node)', 'out-of-service', 'kubectl delete'])
      expect(text).toContain(part);
    expect(plan({ next: two, binding: told(decided) })).toMatchObject({
      writes: [],
      requeueAfterMs: 30_000,
    });
  });
  test('while many Pods of a former one may run: five are named', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ name: `pod-${index}`, node: 'n' }));
    const text = message(plan({ next: busy(...many) }), 'DrainStalled') ?? '';
    expect(text).toContain('"pod-4"');
    expect(text).not.toContain('"pod-5"');
    expect(text).toContain('and 4 more');
  });
});

describe('a Job that is being deleted', () => {
  const deleted = (seconds: number): DrainObservation['job'] =>
    make.job({
      metadata: { deletionTimestamp: at(seconds), finalizers: ['foregroundDeletion', 'mine'] },
    });
  const jobPods = [{ name: 'a', node: 'node-1' }];
  test('is waited for, for two minutes', () => {
    // It is 100 s by now.
    for (const [since, again] of [
      [100, 120_000],
      [-19, 1_000],
    ] as const)
      expect(plan({ job: deleted(since), jobPods })).toMatchObject({
        writes: [],
        requeueAfterMs: again,
      });
  });
  test('for two minutes stalls the drain: it is said what keeps it', () => {
    const decided = plan({ job: deleted(-20), jobPods });
    expect(said(decided)).toMatchObject({ DrainStalled: 'True FormerJobBusy' });
    expect(decided.requeueAfterMs).toBeUndefined();
    const text = message(decided, 'DrainStalled') ?? '';
    for (const part of [NAME, at(-20), '"a" (node "node-1")', 'foregroundDeletion, mine'])
      expect(text).toContain(part);
    expect(plan({ job: deleted(-20), jobPods, binding: told(decided) }).writes).toEqual([]);
  });
  test('without Pods is kept by its finalizers alone', () => {
    const text = message(plan({ job: deleted(-20), jobPods: [] }), 'DrainStalled') ?? '';
    expect(text).toContain('foregroundDeletion, mine');
    expect(text).not.toContain('Pod ');
  });
});

describe('a Job that is gone is not applied any more', () => {
  const applied = binding({ conditions: [over, make.condition('FinalizerJobApplied')] });
  const failed = failedStatus(160);
  const cases: Record<string, Partial<DrainObservation>> = {
    'where the next one is not due yet': { binding: binding(failed), next },
    'where Pods of it may run': {
      binding: applied,
      next: { outcome: 'busy', pods: [{ name: 'a', node: 'node-1' }] },
    },
    'where its name is taken': { binding: applied, next: { outcome: 'taken', message: 'No.' } },
    'where none can be made': {
      binding: applied,
      next: { outcome: 'impossible', reason: 'SnapshotUnusable', message: 'No.' },
    },
    'where the next one is refused': {
      binding: applied,
      next,
      refusal: no(403, 'Forbidden', 'no'),
    },
  };
  test.each(Object.entries(cases))('%s', (_, change) => {
    expect(said(plan(change))).toMatchObject(gone);
  });
  test('but nothing is said of it where the next one is made at once', () => {
    expect(deeds(plan({ binding: applied, next }).writes)).toEqual(['create Job']);
  });
  test('is one that was never there', () => {
    const decided = plan({ next: { outcome: 'taken', message: 'No.' } });
    expect(said(decided)).not.toHaveProperty('FinalizerJobApplied');
  });
  test('but one that is on its way out is still there', () => {
    const job = make.job({ metadata: { deletionTimestamp: at(-20) } });
    expect(said(plan({ job, binding: applied }))).toMatchObject({
      FinalizerJobApplied: expect.stringMatching(/^True/) as unknown,
    });
  });
});
