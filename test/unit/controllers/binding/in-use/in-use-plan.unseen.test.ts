import { describe, expect, test } from '@jest/globals';
import { inUsePlan, type Absence } from '../../../../../controllers/binding/in-use/in-use-plan.ts';
import type { Binding } from '../../../../../src/api/binding.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import { at, make, NAME } from '../../../../support/make.ts';
import { said } from '../../../../support/said.ts';
import { fresh, seconds, plan } from '../../../../support/in-use.ts';

describe('a Pod that was never seen', () => {
  interface Case {
    absence: Absence;
    age: number;
    says: object | undefined;
    again?: number;
  }
  const missing = { phase: 'PodMissing', PodMissing: 'True PodNeverCreated' };
  const cases: Record<string, Case> = {
    'may still arrive within 70 s': {
      absence: 'unproven',
      age: 69,
      says: undefined,
      again: 1_000,
    },
    'may still arrive, whatever the proof': {
      absence: 'proven',
      age: 30,
      says: undefined,
      again: 40_000,
    },
    'never existed, with proof, after 70 s': { absence: 'proven', age: 70, says: missing },
    'is waited for without proof': {
      absence: 'unproven',
      age: 70,
      says: undefined,
      again: 45_000,
    },
    'without proof until 115 s may have been there, and be there': {
      absence: 'unproven',
      age: 115,
      says: { phase: 'Pending', WriterMayBeAlive: 'True NodeUnknown' },
      again: 60_000,
    },
    'may still arrive, although nobody can prove that it does not': {
      absence: 'unprovable',
      age: 69,
      says: undefined,
      again: 1_000,
    },
    'is waited for no longer where there will be no proof': {
      absence: 'unprovable',
      age: 70,
      says: { phase: 'Pending', WriterMayBeAlive: 'True NodeUnknown' },
      again: 60_000,
    },
    'never existed, with proof that came late': { absence: 'proven', age: 150, says: missing },
  };
  test.each(Object.entries(cases))('%s', (_, { absence, age, says, again }) => {
    const decided = plan({ kind: 'unseen', absence }, fresh, seconds(age));
    expect(said(decided)).toEqual(says);
    expect(decided.requeueAfterMs).toBe(again);
  });

  const doubted = (grace?: number): Stored<Binding> =>
    make.binding({
      spec: {
        ...fresh.spec,
        pvc: make.binding().spec.pvc,
        ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
      },
      status: {
        phase: 'Pending',
        conditions: [
          make.condition('WriterMayBeAlive', {
            reason: 'NodeUnknown',
            lastTransitionTime: at(115),
          }),
        ],
      },
    });
  const unproven = { kind: 'unseen', absence: 'unproven' } as const;
  test('and may have been there is drained 60 s after that was said, not before', () => {
    const over = { phase: 'OutOfUse', OutOfUse: 'True NodeUnknown' };
    expect(said(plan(unproven, doubted(), seconds(174))) ?? {}).not.toHaveProperty('OutOfUse');
    expect(said(plan(unproven, doubted(), seconds(175)))).toMatchObject(over);
  });
  test('and may have been there has its claim recorded before that is drained', () => {
    const unknown = { ...doubted(), spec: fresh.spec };
    expect(plan(unproven, unknown, seconds(175)).writes).toMatchObject([
      { verb: 'patch', body: { spec: { pvc: { name: NAME, uid: 'claim-uid' } } } },
    ]);
    expect(said(plan(unproven, unknown, seconds(175), null))).toMatchObject({
      OutOfUse: 'True NodeUnknown',
    });
  });
  test('and may have been there has the grace period of its admission', () => {
    const early = plan(unproven, doubted(100), seconds(115 + 114));
    expect(said(early) ?? {}).not.toHaveProperty('OutOfUse');
    expect(early.requeueAfterMs).toBe(1_000);
    expect(said(plan(unproven, doubted(100), seconds(115 + 115)))).toMatchObject({
      OutOfUse: 'True NodeUnknown',
    });
  });
  test('is waited for as long when the operator was away: it counts from when it said so', () => {
    expect(said(plan(unproven, fresh, seconds(36_000)))).toEqual({
      phase: 'Pending',
      WriterMayBeAlive: 'True NodeUnknown',
    });
  });
  test('never existed, with proof that came while it was waited for: no doubt is left', () => {
    const proven = { kind: 'unseen', absence: 'proven' } as const;
    expect(said(plan(proven, doubted(), seconds(120)))).toMatchObject({
      ...missing,
      WriterMayBeAlive: expect.stringMatching(/^False/) as unknown,
    });
  });
  test('is as old as its admission, not as a binding that was made anew', () => {
    const anew = make.binding({ metadata: { creationTimestamp: at(90) }, spec: fresh.spec });
    const proven = { kind: 'unseen', absence: 'proven' } as const;
    const nothing = { claimUid: undefined, volumeName: undefined };
    const observation = { now: seconds(100), binding: anew, ...nothing, pod: proven };
    expect(said(inUsePlan({ ...observation, admittedAt: seconds(0) }))).toEqual(missing);
    expect(inUsePlan({ ...observation, admittedAt: seconds(90) })).toMatchObject({
      writes: [],
      requeueAfterMs: 60_000,
    });
  });
});
