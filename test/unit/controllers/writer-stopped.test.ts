import { describe, expect, test } from '@jest/globals';
import { writerStopped, type NodeSight } from '../../../controllers/writer-stopped.ts';
import { T0 } from '../../support/make.ts';

const goneAt = T0;
const node = (change: Partial<NodeSight & { kind: 'present' }> = {}): NodeSight => ({
  kind: 'present',
  name: 'node-1',
  ready: true,
  outOfService: false,
  renewedAt: undefined,
  ...change,
});

describe('the containers of a Pod that went while they ran', () => {
  interface Case {
    node: NodeSight;
    /** Seconds since the Pod was missed. */
    after: number;
    verdict: object;
  }
  const wait = (reason: string, againMs: number) => ({ stopped: false, reason, againMs });
  const stopped = (reason: string) => ({ stopped: true, reason });
  const cases: Record<string, Case> = {
    'are gone with their node': {
      node: { kind: 'gone', name: 'node-1' },
      after: 0,
      verdict: stopped('NodeGone'),
    },
    'are stopped on a node that is out of service, Ready or not': {
      node: node({ ready: false, outOfService: true }),
      after: 0,
      verdict: stopped('NodeOutOfService'),
    },
    'may run without limit on a node that is not Ready': {
      node: node({ ready: false, renewedAt: T0 + 3_600_000 }),
      after: 7_200,
      verdict: wait('NodeNotReady', 10_000),
    },
    'may run until the kubelet was heard 15 s later': {
      node: node({ renewedAt: T0 + 15_000 }),
      after: 20,
      verdict: wait('KubeletStopping', 10_000),
    },
    'are stopped once the kubelet was heard more than 15 s later': {
      node: node({ renewedAt: T0 + 15_001 }),
      after: 20,
      verdict: stopped('KubeletAlive'),
    },
    'may run on a Ready node that has no Lease': {
      node: node(),
      after: 3_600,
      verdict: wait('KubeletStopping', 10_000),
    },
    'on a node that nobody knows are waited for': {
      node: { kind: 'unknown' },
      after: 0,
      verdict: wait('NodeUnknown', 60_000),
    },
    'on a node that nobody knows are waited for no longer than needed': {
      node: { kind: 'unknown' },
      after: 45,
      verdict: wait('NodeUnknown', 15_000),
    },
    'on a node that nobody knows are taken for stopped after 60 s': {
      node: { kind: 'unknown' },
      after: 60,
      verdict: stopped('NodeUnknown'),
    },
  };
  test.each(Object.entries(cases))('%s', (_, { node: sight, after, verdict }) => {
    expect(writerStopped(sight, goneAt, goneAt + after * 1000)).toMatchObject(verdict);
  });

  test('say what to do where somebody has to act, and which node it is', () => {
    expect(writerStopped(node({ ready: false }), goneAt, goneAt).message).toBe(
      'node "node-1" is not Ready: bring it back, or taint it out-of-service',
    );
    expect(writerStopped({ kind: 'unknown' }, goneAt, goneAt + 60_000).message).toContain('60 s');
  });
});
