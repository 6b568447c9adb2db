import { describe, expect, test } from '@jest/globals';
import type { Binding, BindingStatus } from '../../../../../src/api/binding.ts';
import { annotations } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import { binding, ended, failedStatus, next, over, plan } from '../../../../support/draining.ts';
import { make, NAME } from '../../../../support/make.ts';
import { deeds, message, said } from '../../../../support/said.ts';

/** Three Jobs may fail. */
const limited = (status: BindingStatus, retry?: string): Stored<Binding> => {
  const base = binding(status, retry);
  const finalization = {
    attempts: 3,
    onSuccess: 'Delete',
    onNamespaceDeletion: 'Rescue',
  } as const;
  return { ...base, spec: { ...base.spec, finalization } };
};
const { nextAttemptTime: _, ...failedForGood } = failedStatus(0);
const exhausted = { ...failedForGood, attempts: 3, observedRetry: '1' };
const failed = ended('Failed');

describe('a Job that failed', () => {
  const saying = (attempts: number) =>
    plan({ job: failed, binding: limited({ attempts, jobUID: 'job-uid' }) });

  test('before the last attempt is followed by another one', () => {
    expect(said(saying(1))).toMatchObject({
      FinalizerJobFailed: 'True FinalizerJobFailed',
      attempts: 2,
      nextAttemptTime: expect.any(String) as unknown,
    });
    expect(deeds(saying(1).writes)).toEqual(['patch FluentPVCBinding status']);
  });
  test('as the last attempt is followed by none, and people are told', () => {
    const decided = saying(2);
    expect(said(decided)).toMatchObject({
      phase: 'FinalizerJobFailed',
      FinalizerJobFailed: 'True AttemptsExhausted',
      attempts: 3,
    });
    expect(said(decided)?.nextAttemptTime ?? null).toBeNull();
    expect(decided.requeueAfterMs).toBeUndefined();
    expect(deeds(decided.writes)).toEqual([
      'patch FluentPVCBinding status',
      'event AttemptsExhausted',
    ]);
    expect(decided.writes[1]).toMatchObject({
      type: 'Warning',
      regarding: { kind: 'FluentPVCBinding', name: NAME, uid: 'binding-uid' },
    });
    const text = message(decided, 'FinalizerJobFailed') ?? '';
    const turn = [
      'the last of 3 attempts',
      annotations.retry,
      `${annotations.release}: claim-uid`,
      'is kept',
    ];
    for (const part of turn) {
      expect(text).toContain(part);
      expect((decided.writes[1] as { note: string }).note).toContain(part);
    }
  });
  test('that was to be tried again at a time forgets that time', () => {
    const before = limited({ ...failedStatus(50), attempts: 2, jobUID: 'former' });
    expect(said(plan({ job: failed, binding: before }))?.nextAttemptTime).toBeNull();
  });
  test('by hand, after the last attempt, is again followed by none', () => {
    const decided = saying(3);
    expect(said(decided)).toMatchObject({
      attempts: 4,
      FinalizerJobFailed: 'True AttemptsExhausted',
    });
    expect(message(decided, 'FinalizerJobFailed')).toContain('one more after the last of 3');
  });
  test('is followed by another one for ever where nobody limits that', () => {
    const decided = plan({ job: failed, binding: binding({ attempts: 999, jobUID: 'job-uid' }) });
    expect(said(decided)).toMatchObject({ FinalizerJobFailed: 'True FinalizerJobFailed' });
  });
});

describe('after the last attempt', () => {
  test('the failed Job stays for its logs, and nothing is waited for', () => {
    const decided = plan({ job: failed, binding: limited(exhausted, '1') });
    expect(decided.writes).toEqual([]);
    expect(decided.requeueAfterMs).toBeUndefined();
  });
  test('no Job is made where somebody deletes the failed one', () => {
    const decided = plan({ next, binding: limited(exhausted, '1') });
    expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status']);
    expect(decided.requeueAfterMs).toBeUndefined();
  });
  test('a new value of `retry` makes room for one more, and makes it', () => {
    const asked = limited(exhausted, '2');
    expect(deeds(plan({ job: failed, binding: asked }).writes)).toEqual(['delete Job']);
    expect(deeds(plan({ next, binding: asked }).writes)).toEqual(['create Job']);
  });
  test('one more that somebody deletes before its end is made again: it has not failed', () => {
    const conditions = [over, make.condition('FinalizerJobFailed', { status: 'False' })];
    const deleted = limited({ ...exhausted, observedRetry: '2', conditions }, '2');
    expect(deeds(plan({ next, binding: deleted }).writes)).toEqual(['create Job']);
  });
});
