import { describe, expect, test } from '@jest/globals';
import type { PodSight } from '../../../../../controllers/binding/in-use/in-use-plan.ts';
import type { NodeSight } from '../../../../../controllers/binding/in-use/writer-stopped.ts';
import type { Binding } from '../../../../../src/api/binding.ts';
import { annotations } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import {
  downNode,
  gone,
  missed,
  plan,
  present,
  ready,
  seconds,
} from '../../../../support/in-use.ts';
import { at, make } from '../../../../support/make.ts';
import { deeds, message, said } from '../../../../support/said.ts';

/** Should have ended 60 s after T0; looked at 100 s after T0. */
const deleted = make.pod({ metadata: { deletionTimestamp: at(60) } });
const stuck = (node: NodeSight, pod = deleted): PodSight => ({
  kind: 'present',
  pod,
  watched: true,
  stuckOn: node,
});
const upNode: NodeSight = { ...downNode, ready: true, renewedAt: seconds(95) };
const tainted: NodeSight = { ...downNode, outOfService: true };
const nodeGone: NodeSight = { kind: 'gone', name: 'node-1' };
const suspectedAs = (reason: string, nodeRenewTime?: string): Stored<Binding> => {
  const { status, ...binding } = missed(90, nodeRenewTime);
  const conditions = (status?.conditions ?? []).map((one) =>
    one.type === 'WriterMayBeAlive' ? { ...one, reason } : one,
  );
  return { ...binding, status: { ...status, conditions } };
};

describe('a Pod that is being deleted', () => {
  test('is looked at again 30 s after it should have ended', () => {
    expect(plan(present(deleted), ready, seconds(70)).requeueAfterMs).toBe(20_000);
  });
  test('and has no node is not waited for by the clock', () => {
    const { nodeName: _, ...spec } = deleted.spec;
    expect(plan(present({ ...deleted, spec }), make.binding()).requeueAfterMs).toBeUndefined();
  });
});

describe('a Pod that should have ended and is there', () => {
  const cases: [string, NodeSight, string, string[]][] = [
    [
      'on a node that is down is said, and what people can do',
      downNode,
      'NodeNotReady',
      [
        'Pod "app-0"',
        at(60),
        'node "node-1" is not Ready',
        'kubectl taint nodes node-1 node.kubernetes.io/out-of-service',
        `${annotations.assumeStopped}: pod-uid`,
      ],
    ],
    ['on a node that is out of service is left to Kubernetes', tainted, 'NodeOutOfService', []],
    ['on a node that is gone is left to Kubernetes', nodeGone, 'NodeGone', ['is gone']],
    ['on a node that is up is said, too', upNode, 'KubeletStopping', ['is Ready']],
  ];
  test.each(cases)('%s', (_, node, reason, parts) => {
    const decided = plan(stuck(node));
    expect(said(decided)).toMatchObject({
      WriterMayBeAlive: `True ${reason}`,
      Ready: 'True PodAndPVCFound',
    });
    for (const part of parts) expect(message(decided, 'WriterMayBeAlive')).toContain(part);
    expect(decided.requeueAfterMs).toBe(30_000);
  });
  test.each([downNode, tainted, nodeGone, upNode])('is never over by itself: %j', (node) => {
    const assumed = { [annotations.assumeStopped]: 'pod-uid' };
    const binding = { ...ready, metadata: { ...ready.metadata, annotations: assumed } };
    expect(said(plan(stuck(node), binding))).not.toHaveProperty('OutOfUse');
  });
  test('and has finalizers, they are named', () => {
    const metadata = { ...deleted.metadata, finalizers: ['example.com/keep'] };
    expect(message(plan(stuck(upNode, { ...deleted, metadata })), 'WriterMayBeAlive')).toContain(
      'example.com/keep',
    );
  });
  test('forgets an earlier Lease of its node: it counts from when the Pod goes', () => {
    const decided = said(plan(stuck(upNode), suspectedAs('KubeletStopping', at(10))));
    expect(decided?.nodeRenewTime).toBeNull();
    const node = { ...upNode, renewedAt: seconds(9_999), unbrokenSince: seconds(0) } as NodeSight;
    const went = said(plan(gone({ last: deleted, node }), suspectedAs('KubeletStopping')));
    expect(went).not.toHaveProperty('OutOfUse');
    expect(Date.parse(went?.nodeRenewTime as string)).toBe(seconds(9_999));
  });
  test('and then goes by force with its node out of service: over', () => {
    const decided = said(plan(gone({ last: deleted, node: tainted }), suspectedAs('NodeNotReady')));
    expect(decided).toMatchObject({
      OutOfUse: 'True NodeOutOfService',
      WriterMayBeAlive: 'False WriterStopped',
    });
  });
});

describe('people are told by an Event', () => {
  const told = ['patch FluentPVCBinding status', 'event WriterMayBeAlive'];
  const went = gone({ last: make.pod() });
  const cases: Record<string, [PodSight, Stored<Binding>, string[]]> = {
    'when a Pod is stuck': [stuck(downNode), ready, told],
    'when a Pod went while it ran': [went, ready, told],
    'when it becomes their turn': [stuck(downNode), suspectedAs('KubeletStopping'), told],
    'when a node turns out to have no Lease': [
      gone({ node: { ...downNode, ready: true } }),
      suspectedAs('KubeletStopping'),
      told,
    ],
    'but not again': [went, suspectedAs('NodeNotReady'), told.slice(0, 1)],
    'but not when a stuck Pod goes': [gone(), suspectedAs('NodeNotReady'), told.slice(0, 1)],
    'but not of what ends by itself': [
      gone({ node: { kind: 'unknown' } }),
      ready,
      told.slice(0, 1),
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [pod, binding, writes]) => {
    expect(deeds(plan(pod, binding).writes)).toEqual(writes);
  });
  test('as a warning on the binding, in the words of the condition', () => {
    const decided = plan(stuck(downNode));
    expect(decided.writes[1]).toMatchObject({
      type: 'Warning',
      regarding: { kind: 'FluentPVCBinding', uid: 'binding-uid' },
      note: message(decided, 'WriterMayBeAlive'),
    });
  });
});
