import { describe, expect, test } from '@jest/globals';
import type { DrainObservation } from '../../../../../controllers/binding/drain/drain-plan.ts';
import { annotations, finalizers } from '../../../../../src/api/names.ts';
import { at, make, NAME } from '../../../../support/make.ts';
import { deeds, message, said } from '../../../../support/said.ts';
import { over, binding, running, ended, next, plan } from '../../../../support/draining.ts';
import { inPlace } from '../../../../support/rescuing.ts';

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
  const giveUp = `kubectl annotate fpvcb ${NAME} ${annotations.release}=claim-uid`;
  const says: Record<string, { claim: DrainObservation['claim']; parts: string[] }> = {
    'is gone': { claim: undefined, parts: [`kubectl delete fpvcb ${NAME}`] },
    'was made anew': {
      claim: make.claim({ metadata: { uid: 'another' } }),
      parts: [`kubectl delete fpvcb ${NAME}`],
    },
    'has lost its volume': {
      claim: make.claim({ status: { phase: 'Lost' } }),
      parts: ['PersistentVolume', giveUp],
    },
    'is being deleted': {
      claim: make.claim({ metadata: { deletionTimestamp: at(90) } }),
      parts: ['PersistentVolume', giveUp],
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
  describe('that never had a volume', () => {
    const claim = make.unboundClaim();
    const missing = { phase: 'PodMissing', PodMissing: 'True ClaimNeverBound' };
    const cases: Record<string, Partial<DrainObservation>> = {
      'is released without a Job, which would wait for a volume, too': { next },
      'is released with the Job that waits for a volume': { job: running },
      'is released with the Job that has failed meanwhile': { job: ended('Failed') },
      'is released although it was deleted': {
        claim: make.unboundClaim({ metadata: { deletionTimestamp: at(90) } }),
        next,
      },
    };
    test.each(Object.entries(cases))('%s', (_, change) => {
      const decided = plan({ claim, ...change });
      expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status']);
      expect(said(decided)).toMatchObject(missing);
      expect(message(decided, 'PodMissing')).toContain(NAME);
    });
    test('is released, and what stood in the way of its drain does so no longer', () => {
      const stalled = binding({
        conditions: [over, make.condition('FinalizerJobApplied'), make.condition('DrainStalled')],
      });
      expect(said(plan({ claim, job: running, binding: stalled }))).toMatchObject({
        ...missing,
        FinalizerJobApplied: 'False ClaimNeverBound',
        DrainStalled: 'False ClaimNeverBound',
      });
    });
    const not: Record<string, Partial<DrainObservation>> = {
      'its binding remembers a volume': { binding: binding({ volumeName: 'pv-1' }) },
      'it is a rescue that has one': {
        binding: { ...inPlace(), spec: { ...inPlace().spec, pvc: { name: NAME, uid: '' } } },
      },
      'it is not ours': { claim: make.unboundClaim({ metadata: { labels: {} } }) },
      'its drain has succeeded': { job: ended('Complete') },
    };
    test.each(Object.entries(not))('is not taken for one where %s', (_, change) => {
      expect(said(plan({ claim, next, ...change })) ?? {}).not.toHaveProperty('PodMissing');
    });
  });
  describe('whose uid was never learned', () => {
    const pvc = { name: NAME, uid: '' };
    const unknown = make.binding({ spec: { pvc }, status: { conditions: [over] } });
    const learned = [{ body: { spec: { pvc: { name: NAME, uid: 'claim-uid' } } } }];
    test.each([undefined, running])('is recorded before anything else is done', (job) => {
      expect(plan({ next, job, binding: unknown }).writes).toMatchObject(learned);
    });
    test('is recorded although it was deleted: by that its volume is rescued', () => {
      const claim = make.claim({ metadata: { deletionTimestamp: at(90) } });
      expect(plan({ claim, next, binding: unknown, volume: make.volume() }).writes).toMatchObject(
        learned,
      );
    });
    test('is not one that carries no marks of ours', () => {
      const claim = make.claim({ metadata: { labels: {} } });
      expect(said(plan({ claim, next, binding: unknown }))).toMatchObject({
        Unknown: 'True PVCNotOurs',
      });
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
