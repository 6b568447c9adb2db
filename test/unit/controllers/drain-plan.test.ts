import { describe, expect, test } from '@jest/globals';
import type { DrainObservation } from '../../../controllers/drain-plan.ts';
import { drainBackoffMs } from '../../../controllers/drain-report.ts';
import { annotations, finalizers } from '../../../src/api/names.ts';
import { at, make, NAME } from '../../support/make.ts';
import { deeds, message, said } from '../../support/said.ts';
import { over, binding, running, ended, next, failedStatus, plan } from '../../support/draining.ts';

describe('without a Job', () => {
  interface Case extends Partial<DrainObservation> {
    writes: string[];
    again?: number;
  }
  const cases: Record<string, Case> = {
    'one is made': { next, writes: ['create Job'] },
    'none is made while Pods of a former one are unfinished': {
      next: { outcome: 'busy', pods: ['a'] },
      writes: [],
      again: 30_000,
    },
    'none is made where there is one that the cache does not show': {
      next: { outcome: 'present', job: running },
      writes: ['patch FluentPVCBinding status'],
      again: 30_000,
    },
    'none is made where one that the cache does not show is on its way out': {
      next: { outcome: 'present', job: make.job({ metadata: { deletionTimestamp: at(90) } }) },
      writes: [],
      again: 30_000,
    },
    'none is made where one that the cache does not show has failed': {
      binding: binding(failedStatus(110)),
      next: { outcome: 'present', job: make.job({ ...ended('Failed') }) },
      writes: [],
      again: 10_000,
    },
    'none is made where the binding changed meanwhile': { writes: [] },
    'none is made before the next attempt is due': {
      binding: binding(failedStatus(160)),
      next,
      writes: [],
      again: 60_000,
    },
    'one is made when the next attempt is due': {
      binding: binding(failedStatus(100)),
      next,
      writes: ['create Job'],
    },
    'one is made at once when somebody asks for it': {
      binding: binding({ ...failedStatus(160), observedRetry: '1' }, '2'),
      next,
      writes: ['create Job'],
    },
    'the time of an attempt that is over does not count': {
      binding: binding({ nextAttemptTime: at(160) }),
      next,
      writes: ['create Job'],
    },
    'an old wish does not count again': {
      binding: binding({ ...failedStatus(160), observedRetry: '2' }, '2'),
      next,
      writes: [],
      again: 60_000,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { writes, again, ...change }) => {
    const decided = plan(change);
    expect(deeds(decided.writes)).toEqual(writes);
    expect(decided.requeueAfterMs).toBe(again);
  });
  test('the Job is the one that was built', () => {
    expect(plan({ next }).writes).toEqual([{ verb: 'create', object: next.job }]);
  });
  describe('that the API server has refused', () => {
    const refusal = 'POST /jobs: exceeded quota: pods (Forbidden 403)';
    test('is said and tried again', () => {
      const decided = plan({ next, refusal });
      expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status', 'create Job']);
      expect(said(decided)).toMatchObject({ DrainStalled: 'True FinalizerJobRefused' });
      expect(message(decided, 'DrainStalled')).toContain(refusal);
    });
    test('is said once', () => {
      const text = message(plan({ next, refusal }), 'DrainStalled') ?? '';
      const known = make.condition('DrainStalled', {
        reason: 'FinalizerJobRefused',
        message: text,
      });
      const again = plan({
        next,
        refusal,
        binding: binding({ phase: 'OutOfUse', conditions: [over, known] }),
      });
      expect(deeds(again.writes)).toEqual(['create Job']);
    });
    test.each(['running', 'Complete', 'Failed'])('is forgotten with a Job that is %s', (end) => {
      const known = binding({ conditions: [over, make.condition('DrainStalled')] });
      const job = end === 'running' ? running : ended(end);
      expect(said(plan({ job, binding: known }))).toMatchObject({
        DrainStalled: expect.stringMatching(/^False/) as unknown,
      });
    });
  });
  test('and with none that could be made, that is said, once', () => {
    const impossible = { outcome: 'impossible', reason: 'MountPathTaken', message: 'No.' } as const;
    const decided = plan({ next: impossible });
    expect(said(decided)).toMatchObject({ phase: 'OutOfUse', DrainStalled: 'True MountPathTaken' });
    const again = binding({
      phase: 'OutOfUse',
      conditions: [
        over,
        make.condition('DrainStalled', { reason: 'MountPathTaken', message: 'No.' }),
      ],
    });
    expect(plan({ next: impossible, binding: again })).toMatchObject({
      writes: [],
      requeueAfterMs: 30_000,
    });
  });
});

describe('a claim that cannot be drained', () => {
  const other = { [annotations.admissionId]: 'another' };
  const cases: Record<string, { claim: DrainObservation['claim']; reason: string }> = {
    'is gone': { claim: undefined, reason: 'PVCLost' },
    'has lost its volume': { claim: make.claim({ status: { phase: 'Lost' } }), reason: 'PVCLost' },
    'is being deleted': {
      claim: make.claim({ metadata: { deletionTimestamp: at(90) } }),
      reason: 'PVCDeleted',
    },
    'is of another admission': {
      claim: make.claim({ metadata: { annotations: other } }),
      reason: 'PVCNotOurs',
    },
    'was made anew under the same name': {
      claim: make.claim({ metadata: { uid: 'another' } }),
      reason: 'PVCNotOurs',
    },
    'has lost our finalizer': {
      claim: make.claim({ metadata: { finalizers: [] } }),
      reason: 'PVCNotOurs',
    },
    'has lost its label': { claim: make.claim({ metadata: { labels: {} } }), reason: 'PVCNotOurs' },
  };
  test.each(Object.entries(cases))('%s', (_, { claim, reason }) => {
    for (const job of [undefined, running]) {
      const decided = plan({ claim, job, next });
      expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status']);
      expect(said(decided)).toMatchObject({ phase: 'Unknown', Unknown: `True ${reason}` });
      expect(message(decided, 'Unknown')).toContain(NAME);
    }
  });
  const finalizer = finalizers.claim;
  const says: Record<string, { claim: DrainObservation['claim']; parts: string[] }> = {
    'is gone': { claim: undefined, parts: [`kubectl delete fpvcb ${NAME}`] },
    'was made anew': {
      claim: make.claim({ metadata: { uid: 'another' } }),
      parts: [`kubectl delete fpvcb ${NAME}`],
    },
    'has lost its volume': {
      claim: make.claim({ status: { phase: 'Lost' } }),
      parts: ['PersistentVolume', finalizer, `kubectl delete fpvcb ${NAME}`],
    },
    'is being deleted': {
      claim: make.claim({ metadata: { deletionTimestamp: at(90) } }),
      parts: ['PersistentVolume', finalizer, `kubectl delete fpvcb ${NAME}`],
    },
    'was changed': {
      claim: make.claim({ metadata: { labels: {} } }),
      parts: ['Restore', finalizer, `kubectl delete fpvcb ${NAME}`],
    },
  };
  test.each(Object.entries(says))('%s: it is said what a person can do', (_, { claim, parts }) => {
    const text = message(plan({ claim, next }), 'Unknown') ?? '';
    for (const part of parts) expect(text).toContain(part);
  });
  describe('and somebody has deleted its binding', () => {
    const { metadata, ...rest } = binding();
    const acknowledged = { ...rest, metadata: { ...metadata, deletionTimestamp: at(95) } };
    const lost: Record<string, DrainObservation['claim']> = {
      'is gone': undefined,
      'is gone, and has a successor': make.claim({ metadata: { uid: 'another' } }),
    };
    test.each(Object.entries(lost))('%s: the binding ends', (_, claim) => {
      for (const job of [undefined, running, ended('Failed')]) {
        const decided = plan({ claim, job, next, binding: acknowledged });
        expect(decided.writes).toEqual([
          {
            verb: 'patch',
            ref: { kind: 'FluentPVCBinding', namespace: 'shop', name: NAME },
            type: 'json',
            body: expect.arrayContaining([
              { op: 'test', path: '/metadata/uid', value: 'binding-uid' },
              { op: 'remove', path: '/metadata/finalizers/0' },
            ]) as unknown,
          },
        ]);
      }
    });
    test.each(Object.entries(cases).filter(([, { claim }]) => claim?.metadata.uid === 'claim-uid'))(
      '%s: the binding stays',
      (_, { claim }) => {
        expect(deeds(plan({ claim, next, binding: acknowledged }).writes)).toEqual([
          'patch FluentPVCBinding status',
        ]);
      },
    );
    test('can be drained all the same: it is', () => {
      expect(deeds(plan({ next, binding: acknowledged }).writes)).toEqual(['create Job']);
    });
  });
  const seen = {
    'its Pod': { pod: { name: 'app-0', uid: 'pod-uid' }, pvc: { name: NAME, uid: '' } },
    'the claim itself': { pod: { name: '', uid: '' }, pvc: { name: NAME, uid: 'claim-uid' } },
  };
  test.each(Object.entries(seen))('is gone, and %s was seen: then it is lost', (_, spec) => {
    const known = make.binding({ spec, status: { conditions: [over] } });
    expect(said(plan({ claim: undefined, binding: known }))).toMatchObject({
      Unknown: 'True PVCLost',
    });
  });
  test('was never there, nor was the Pod: then there is nothing to drain', () => {
    const unseen = make.binding({
      spec: { pod: { name: 'app-0', uid: '' }, pvc: { name: NAME, uid: '' } },
      status: { conditions: [over] },
    });
    expect(said(plan({ claim: undefined, binding: unseen }))).toMatchObject({
      phase: 'PodMissing',
      PodMissing: 'True NothingCreated',
    });
  });
});

test('attempts are 10 s apart at first, and half an hour at last', () => {
  const waits = [1, 2, 3, 8, 9, 100, 1_000].map((attempts) => drainBackoffMs(attempts) / 1000);
  expect(waits).toEqual([10, 20, 40, 1_280, 1_800, 1_800, 1_800]);
});
