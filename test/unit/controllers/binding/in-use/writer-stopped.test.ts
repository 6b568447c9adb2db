import { describe, expect, test } from '@jest/globals';
import {
  graceMsOf,
  writerStopped,
  type NodeSight,
  type VanishedPod,
} from '../../../../../controllers/binding/in-use/writer-stopped.ts';
import type { Binding } from '../../../../../src/api/binding.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import type { Pod } from '../../../../../src/api/pod.ts';
import { make, T0 } from '../../../../support/make.ts';

/** What is allowed for an absence of the kubelet that nobody has noticed. */
const UNNOTICED_MS = 30_000;
/** The node's clock is an hour ahead of ours: the two are never compared. */
const NODE_T0 = T0 + 3_600_000;
const node = (change: Partial<NodeSight & { kind: 'present' }> = {}): NodeSight => ({
  kind: 'present',
  name: 'node-1',
  ready: true,
  outOfService: false,
  renewedAt: NODE_T0,
  unnoticedMs: UNNOTICED_MS,
  ...change,
});
/** Its Lease was renewed that many ms after the first look, by its own clock. */
const renewed = (ms: number): NodeSight => node({ renewedAt: NODE_T0 + ms });
const verdictOf = (
  sight: NodeSight,
  after: number,
  change: Partial<VanishedPod> = {},
): ReturnType<typeof writerStopped> =>
  writerStopped(
    { node: sight, goneAt: T0, renewedAtFirst: NODE_T0, graceMs: 0, ...change },
    T0 + after * 1000,
  );

describe('the containers of a Pod that went while they ran', () => {
  interface Case {
    node: NodeSight;
    /** Seconds since the Pod was missed. */
    after: number;
    change?: Partial<VanishedPod>;
    verdict: object;
  }
  const wait = (reason: string, againMs: number) => ({ stopped: false, reason, againMs });
  const stopped = (reason: string) => ({ stopped: true, reason });
  const stopping = wait('KubeletStopping', 5_000);
  const grace = (graceMs: number): Partial<VanishedPod> => ({ graceMs });
  const cases: Record<string, Case> = {
    'are gone with their node': {
      node: { kind: 'gone', name: 'node-1' },
      after: 0,
      change: grace(600_000),
      verdict: stopped('NodeGone'),
    },
    'are stopped on a node that is not Ready and out of service': {
      node: node({ ready: false, outOfService: true }),
      after: 0,
      change: grace(600_000),
      verdict: stopped('NodeOutOfService'),
    },
    'may run on a node that is tainted out of service and Ready': {
      node: node({ outOfService: true }),
      after: 3_600,
      change: grace(600_000),
      verdict: stopping,
    },
    'are stopped on such a node once its kubelet was heard for long enough, as on any other': {
      node: node({ outOfService: true, renewedAt: NODE_T0 + 120_000 }),
      after: 60,
      verdict: stopped('KubeletAlive'),
    },
    'may run without limit on a node that is not Ready': {
      node: node({ ready: false, renewedAt: NODE_T0 + 3_600_000 }),
      after: 7_200,
      verdict: wait('NodeNotReady', 30_000),
    },
    'may run at the first look, whatever the clock of the node says': {
      node: node(),
      after: 0,
      verdict: stopping,
    },
    'may run while the kubelet was not heard for 90 s and what nobody noticed, however short the grace period':
      { node: renewed(119_999), after: 3_600, verdict: stopping },
    'are stopped once the kubelet was heard 90 s and what nobody noticed later': {
      node: renewed(120_000),
      after: 60,
      verdict: stopped('KubeletAlive'),
    },
    'may run for their grace period': {
      node: renewed(404_999),
      after: 3_600,
      change: grace(300_000),
      verdict: stopping,
    },
    'are stopped once the kubelet was heard 75 s and what nobody noticed after the grace period': {
      node: renewed(405_000),
      after: 0,
      change: grace(300_000),
      verdict: stopped('KubeletAlive'),
    },
    'may run for longer on a node that is heard less often': {
      node: node({ renewedAt: NODE_T0 + 469_999, unnoticedMs: 380_000 }),
      after: 3_600,
      verdict: stopping,
    },
    'are stopped after longer on a node that is heard less often': {
      node: node({ renewedAt: NODE_T0 + 470_000, unnoticedMs: 380_000 }),
      after: 3_600,
      verdict: stopped('KubeletAlive'),
    },
    'are not counted by a Lease that went back': {
      node: renewed(-60_000),
      after: 3_600,
      verdict: stopping,
    },
    'may run on a Ready node that has no Lease any more': {
      node: node({ renewedAt: undefined }),
      after: 3_600,
      verdict: wait('NodeWithoutLease', 30_000),
    },
    'may run where the node had no Lease at the first look': {
      node: renewed(3_600_000),
      after: 3_600,
      change: { renewedAtFirst: undefined },
      verdict: stopping,
    },
    'on a node that nobody knows are waited for': {
      node: { kind: 'unknown' },
      after: 0,
      verdict: wait('NodeUnknown', 60_000),
    },
    'on a node that nobody knows are waited for no longer than needed': {
      node: { kind: 'unknown' },
      after: 45,
      change: grace(45_000),
      verdict: wait('NodeUnknown', 15_000),
    },
    'on a node that nobody knows are taken for stopped after 60 s': {
      node: { kind: 'unknown' },
      after: 60,
      verdict: stopped('NodeUnknown'),
    },
    'on a node that nobody knows are waited for longer than their grace period': {
      node: { kind: 'unknown' },
      after: 300,
      change: grace(300_000),
      verdict: wait('NodeUnknown', 15_000),
    },
    'on a node that nobody knows are taken for stopped 15 s after their grace period': {
      node: { kind: 'unknown' },
      after: 315,
      change: grace(300_000),
      verdict: stopped('NodeUnknown'),
    },
  };
  test.each(Object.entries(cases))('%s', (_, { node: sight, after, change, verdict }) => {
    expect(verdictOf(sight, after, change)).toMatchObject(verdict);
  });

  test('say what to do where somebody has to act, and which node it is', () => {
    expect(verdictOf(node({ ready: false }), 0).message).toBe(
      'node "node-1" is not Ready: bring it back, or taint it out-of-service',
    );
    const { message } = verdictOf(node({ renewedAt: undefined }), 3_600);
    expect(message).toMatch(/"node-1" .*kube-node-lease.*: look there$/);
    expect(verdictOf({ kind: 'unknown' }, 60).message).toContain('never learned');
  });
});

test('containers have the longest grace period that anybody gave them', () => {
  const field = (name: string, seconds?: number): object =>
    seconds === undefined ? {} : { [name]: seconds };
  const grace = (spec?: number, deletion?: number): Stored<Pod> =>
    make.pod({
      spec: field('terminationGracePeriodSeconds', spec),
      metadata: field('deletionGracePeriodSeconds', deletion),
    });
  const known = (spec?: number, deletion?: number): Stored<Binding> =>
    make.binding({
      spec: field('terminationGracePeriodSeconds', spec),
      status: field('deletionGracePeriodSeconds', deletion),
    });
  const cases: [Stored<Binding>, Stored<Pod> | undefined, number][] = [
    [known(), undefined, 30],
    [known(5), undefined, 5],
    [known(5), grace(20), 20],
    [known(20), grace(5), 20],
    [known(), grace(5), 5],
    [known(5), grace(20, 600), 600],
    // A force delete says 0 in the Pod's last words, whatever was said before.
    [known(5), grace(20, 0), 20],
    [known(), grace(undefined, 0), 30],
    [known(5, 600), grace(20, 0), 600],
    [known(5, 600), undefined, 600],
    [known(undefined, 600), undefined, 600],
  ];
  for (const [binding, last, grace] of cases) expect(graceMsOf(binding, last)).toBe(grace * 1000);
});
