import { describe, expect, test } from '@jest/globals';
import { inUsePlan } from '../../../controllers/in-use-plan.ts';
import type { Binding } from '../../../src/api/binding.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { at, make } from '../../support/make.ts';
import { message, said } from '../../support/said.ts';
import { fresh, missed, downNode, gone, seconds, plan } from '../../support/in-use.ts';

describe('a Pod that went while it ran', () => {
  test('is said to be written to, perhaps, and on which node', () => {
    const decided = plan(gone({ last: make.pod() }));
    expect(said(decided)).toMatchObject({
      WriterMayBeAlive: 'True NodeNotReady',
    });
    const text = message(decided, 'WriterMayBeAlive') ?? '';
    for (const part of ['app-0', 'node-1', annotations.assumeStopped, 'pod-uid'])
      expect(text).toContain(part);
    expect(decided.requeueAfterMs).toBe(30_000);
  });
  const lease = (count: number) => ({
    ...downNode,
    ready: true,
    renewedAt: seconds(count),
    unbrokenSince: seconds(0),
  });
  test('is said with the Lease of its node, by the clock of the node', () => {
    const { nodeRenewTime, ...others } = said(plan(gone({ node: lease(7_777) }))) ?? {};
    expect(others).toMatchObject({ WriterMayBeAlive: 'True KubeletStopping' });
    expect(Date.parse(nodeRenewTime as string)).toBe(seconds(7_777));
    expect(said(plan(gone({ last: make.pod() })))?.nodeRenewTime ?? null).toBeNull();
  });
  test('has stopped once its node was heard for the grace period and 105 s', () => {
    const first = missed(50, at(50));
    const pod = (grace: number): Stored<Pod> =>
      make.pod({ spec: { terminationGracePeriodSeconds: grace } });
    const after = (last: Stored<Pod> | undefined, count: number): object =>
      said(plan(gone({ last, node: lease(50 + count) }), first)) ?? {};
    const stopped = { OutOfUse: 'True KubeletAlive', WriterMayBeAlive: 'False WriterStopped' };
    expect(after(pod(100), 204)).not.toHaveProperty('OutOfUse');
    expect(after(pod(100), 205)).toMatchObject(stopped);
    // Kubernetes' default, of a Pod and a binding that do not say.
    expect(after(undefined, 134)).not.toHaveProperty('OutOfUse');
    expect(after(undefined, 135)).toMatchObject(stopped);
  });
  test('has the grace period that it was admitted with, where its end was not seen', () => {
    const { spec, status } = missed(50, at(50));
    const terminationGracePeriodSeconds = 100;
    const first = make.binding({
      spec: { ...spec, terminationGracePeriodSeconds },
      ...(status === undefined ? {} : { status }),
    });
    const after = (count: number): object =>
      said(plan(gone({ node: lease(50 + count) }), first)) ?? {};
    expect(after(204)).not.toHaveProperty('OutOfUse');
    expect(after(205)).toMatchObject({ OutOfUse: 'True KubeletAlive' });
  });
  test('keeps the Lease of the first look at every later one', () => {
    const decided = plan(
      gone({ node: lease(60) }),
      missed(50, new Date(seconds(50)).toISOString()),
    );
    expect(said(decided) ?? {}).not.toHaveProperty('nodeRenewTime');
    expect(said(decided) ?? {}).not.toHaveProperty('OutOfUse');
  });
  test('counts from the Lease that its node gets later, where it had none', () => {
    const decided = said(plan(gone({ node: lease(99_999) }), missed(50)));
    expect(decided).not.toHaveProperty('OutOfUse');
    expect(Date.parse(decided?.nodeRenewTime as string)).toBe(seconds(99_999));
  });
  describe('on a node that was away, which only learns of it when it comes back', () => {
    const recorded = (nodeRenewTime: string | undefined, reason: string): Stored<Binding> => {
      const { status, ...binding } = missed(50, nodeRenewTime);
      const conditions = (status?.conditions ?? []).map((one) =>
        one.type === 'WriterMayBeAlive' ? { ...one, reason } : one,
      );
      return { ...binding, status: { ...status, conditions } };
    };
    const look = (binding: Stored<Binding>, node: object, now: number) =>
      said(
        plan(gone({ last: make.pod(), node: { ...lease(now), ...node } }), binding, seconds(now)),
      );

    test('the count ends when it is not Ready', () => {
      const decided = look(
        recorded(at(50), 'KubeletStopping'),
        { ready: false, unbrokenSince: undefined },
        60,
      );
      expect(decided).toMatchObject({
        WriterMayBeAlive: 'True NodeNotReady',
        nodeRenewTime: null,
      });
    });
    test('and starts with its first sign of life', () => {
      const back = look(
        recorded(undefined, 'NodeNotReady'),
        { unbrokenSince: seconds(3_600) },
        3_600,
      );
      expect(back).toMatchObject({ WriterMayBeAlive: 'True KubeletStopping' });
      expect(Date.parse(back?.nodeRenewTime as string)).toBe(seconds(3_600));
      const after = recorded(at(3_600), 'KubeletStopping');
      expect(look(after, {}, 3_734) ?? {}).not.toHaveProperty('OutOfUse');
      expect(look(after, {}, 3_735)).toMatchObject({ OutOfUse: 'True KubeletAlive' });
    });
    test('also where it was away for so short that it was Ready all the time', () => {
      const back = look(recorded(at(50), 'KubeletStopping'), { unbrokenSince: seconds(100) }, 100);
      expect(back).not.toHaveProperty('OutOfUse');
      expect(Date.parse(back?.nodeRenewTime as string)).toBe(seconds(100));
    });
  });
  test('has gone now where the doubt of an earlier time was ended', () => {
    const cleared = make.binding({
      status: { conditions: [make.condition('WriterMayBeAlive', { status: 'False' })] },
    });
    const old = { ...cleared, status: { ...cleared.status, nodeRenewTime: at(1) } };
    const decided = said(plan(gone({ node: lease(50) }), old));
    expect(decided).toMatchObject({ WriterMayBeAlive: 'True KubeletStopping' });
    expect(Date.parse(decided?.nodeRenewTime as string)).toBe(seconds(50));
  });
  test('from a node that nobody knows is waited for, once', () => {
    const node = { kind: 'unknown' } as const;
    expect(plan(gone({ node }), missed(50)).requeueAfterMs).toBe(10_000);
    expect(said(plan(gone({ node }), missed(40)))).toMatchObject({ OutOfUse: 'True NodeUnknown' });
  });
});

describe('a Pod that was never seen', () => {
  interface Case {
    absence: 'proven' | 'unproven';
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
    const observation = { now: seconds(100), binding: anew, claimUid: undefined, pod: proven };
    expect(said(inUsePlan({ ...observation, admittedAt: seconds(0) }))).toEqual(missing);
    expect(inUsePlan({ ...observation, admittedAt: seconds(90) })).toMatchObject({
      writes: [],
      requeueAfterMs: 60_000,
    });
  });
});
