import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../../../../src/api/binding.ts';
import { annotations } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import type { Pod } from '../../../../../src/api/pod.ts';
import { at, make } from '../../../../support/make.ts';
import { message, said } from '../../../../support/said.ts';
import { missed, downNode, gone, seconds, plan } from '../../../../support/in-use.ts';

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
  test('counts from no earlier renewal than the one since which none was missed', () => {
    // The clock of the node was set back.
    const node = { ...lease(50), unbrokenSince: seconds(100) };
    const decided = said(plan(gone({ node })));
    expect(Date.parse(decided?.nodeRenewTime as string)).toBe(seconds(100));
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
