import { describe, expect, test } from '@jest/globals';
import { inUsePlan, type PodSight } from '../../../controllers/in-use-plan.ts';
import type { Binding } from '../../../src/api/binding.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { at, make, NAME, T0 } from '../../support/make.ts';
import { deeds, message, said } from '../../support/said.ts';

const fresh = make.binding({
  spec: { pod: { name: '', uid: '' }, pvc: { name: NAME, uid: '' } },
});
const ready = make.binding({
  status: {
    phase: 'Ready',
    nodeName: 'node-1',
    conditions: [
      make.condition('Ready', {
        reason: 'PodAndPVCFound',
        message: `Pod "app-0" uses PVC "${NAME}".`,
      }),
    ],
  },
});
const missed = (seconds: number): Stored<Binding> =>
  make.binding({
    status: {
      phase: 'Ready',
      nodeName: 'node-1',
      conditions: [
        make.condition('Ready'),
        make.condition('WriterMayBeAlive', { lastTransitionTime: at(seconds) }),
      ],
    },
  });
const present = (pod = make.pod(), watched = true): PodSight => ({ kind: 'present', pod, watched });
const downNode = {
  kind: 'present',
  name: 'node-1',
  ready: false,
  outOfService: false,
  renewedAt: undefined,
} as const;
const gone = (change: Partial<PodSight & { kind: 'gone' }> = {}): PodSight => ({
  kind: 'gone',
  last: undefined,
  node: downNode,
  ...change,
});
const seconds = (count: number): number => T0 + count * 1000;

function plan(
  pod: PodSight,
  binding = ready,
  now = seconds(100),
  claimUid: string | undefined = 'claim-uid',
): Plan {
  return inUsePlan({ now, binding, claimUid, pod });
}

describe('a Pod that is there', () => {
  test('is recorded first, together with its claim, for this version of the binding', () => {
    expect(plan(present(), fresh).writes).toEqual([
      {
        verb: 'patch',
        ref: { kind: 'FluentPVCBinding', namespace: 'shop', name: NAME },
        type: 'merge',
        body: {
          metadata: { resourceVersion: '500' },
          spec: {
            pod: { name: 'app-0', uid: 'pod-uid' },
            pvc: { name: NAME, uid: 'claim-uid' },
          },
        },
      },
    ]);
  });
  test('is recorded without the claim where that is not known', () => {
    const observation = { now: T0, binding: fresh, claimUid: undefined, pod: present() };
    expect(inUsePlan(observation).writes).toMatchObject([
      { body: { spec: expect.not.objectContaining({ pvc: expect.anything() }) as object } },
    ]);
  });
  test('that was recorded is never replaced by another one', () => {
    const other = make.pod({ metadata: { name: 'other', uid: 'other-uid' } });
    expect(deeds(plan(present(other)).writes)).toEqual(['patch FluentPVCBinding status']);
  });
  test('is Ready once it has a node, and the node is kept', () => {
    expect(said(plan(present(), make.binding()))).toEqual({
      phase: 'Ready',
      nodeName: 'node-1',
      Ready: 'True PodAndPVCFound',
    });
  });
  test('that is Ready already costs nothing, and is not looked at again', () => {
    expect(plan(present())).toEqual({ writes: [], reason: 'the Pod is in use' });
  });
  test('without a node is waited for', () => {
    const { nodeName, ...spec } = make.pod().spec;
    const waiting = plan(present({ ...make.pod(), spec }), make.binding());
    expect(waiting).toEqual({ writes: [], reason: 'the Pod has no node yet' });
  });
  test('that is not watched is looked at every 30 s', () => {
    expect(plan(present(make.pod(), false)).requeueAfterMs).toBe(30_000);
    expect(plan(present(make.pod(), false), fresh).requeueAfterMs).toBe(30_000);
  });
  test('after all, ends the doubt about its writer', () => {
    expect(said(plan(present(), missed(0)))).toMatchObject({
      WriterMayBeAlive: 'False WriterStopped',
    });
  });
});

describe('a Pod is over', () => {
  const pending = make.pod({ spec: { nodeName: undefined as unknown as string } });
  const assumed = (uid: string): Stored<Binding> => ({
    ...ready,
    metadata: { ...ready.metadata, annotations: { [annotations.assumeStopped]: uid } },
  });
  const nodeGone = { kind: 'gone', name: 'node-1' } as const;
  interface Case {
    pod: PodSight;
    binding?: Stored<Binding>;
    reason: string;
  }
  const cases: Record<string, Case> = {
    '(a) when it succeeded': { pod: present(make.endedPod()), reason: 'PodSucceeded' },
    '(a) when it failed': {
      pod: present(make.pod({ status: { phase: 'Failed' } })),
      reason: 'PodFailed',
    },
    '(b) gone, and seen to end': { pod: gone({ last: make.endedPod() }), reason: 'PodGone' },
    '(b) gone, and never given a node': {
      pod: gone({ last: pending }),
      reason: 'PodNeverScheduled',
    },
    '(c) gone while it ran, with its node': {
      pod: gone({ last: make.pod(), node: nodeGone }),
      reason: 'NodeGone',
    },
    '(c) gone while it ran, unseen, with its node': {
      pod: gone({ node: nodeGone }),
      reason: 'NodeGone',
    },
    'gone while it ran, and somebody says that it has stopped': {
      pod: gone({ last: make.pod() }),
      binding: assumed('pod-uid'),
      reason: 'AssumedStopped',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { pod, binding, reason }) => {
    const decided = plan(pod, binding);
    expect(said(decided)).toMatchObject({
      phase: 'OutOfUse',
      OutOfUse: `True ${reason}`,
      Ready: `False ${reason}`,
    });
    expect(message(decided, 'OutOfUse')).toMatch(/^Pod "app-0" .+\.$/);
    expect(decided.requeueAfterMs).toBeUndefined();
  });

  test('but who it was is recorded first', () => {
    expect(plan(present(make.endedPod()), fresh).writes).toMatchObject([
      { body: { spec: { pod: { uid: 'pod-uid' } } } },
    ]);
    expect(plan(gone({ last: make.endedPod() }), fresh).writes).toMatchObject([
      { body: { spec: { pod: { uid: 'pod-uid' } } } },
    ]);
  });

  test('with the doubt about its writer ended', () => {
    const pod = gone({ last: make.pod(), node: nodeGone });
    expect(said(plan(pod, missed(0)))).toMatchObject({
      OutOfUse: 'True NodeGone',
      WriterMayBeAlive: 'False WriterStopped',
    });
  });

  const notYet: Record<string, { pod: PodSight; binding?: Stored<Binding> }> = {
    'a terminal phase with a container that still runs': {
      pod: present(
        make.pod({ status: { phase: 'Failed', containerStatuses: [make.running('a')] } }),
      ),
    },
    'gone while it ran on a node that is down': { pod: gone({ last: make.pod() }) },
    'somebody says that another Pod has stopped': {
      pod: gone({ last: make.pod() }),
      binding: assumed('other-uid'),
    },
    'nobody says anything of a Pod whose uid was never learned': { pod: gone(), binding: fresh },
  };
  test.each(Object.entries(notYet))('not yet: %s', (_, { pod, binding }) => {
    expect(said(plan(pod, binding)) ?? {}).not.toHaveProperty('OutOfUse');
  });
});

describe('a Pod that went while it ran', () => {
  test('is said to be written to, perhaps, and on which node', () => {
    const decided = plan(gone({ last: make.pod() }));
    expect(said(decided)).toMatchObject({
      WriterMayBeAlive: 'True NodeNotReady',
    });
    const text = message(decided, 'WriterMayBeAlive') ?? '';
    for (const part of ['app-0', 'node-1', annotations.assumeStopped, 'pod-uid'])
      expect(text).toContain(part);
    expect(decided.requeueAfterMs).toBe(10_000);
  });
  test('has gone when that was said first, not when it is looked at', () => {
    const node = { ...downNode, ready: true, renewedAt: seconds(66) };
    expect(said(plan(gone({ node }), missed(50)))).toMatchObject({ OutOfUse: 'True KubeletAlive' });
    expect(said(plan(gone({ node }), missed(51))) ?? {}).not.toHaveProperty('OutOfUse');
  });
  test('has gone now where the doubt of an earlier time was ended', () => {
    const cleared = make.binding({
      status: { conditions: [make.condition('WriterMayBeAlive', { status: 'False' })] },
    });
    const node = { ...downNode, ready: true, renewedAt: seconds(50) };
    expect(said(plan(gone({ node }), cleared))).toMatchObject({
      WriterMayBeAlive: 'True KubeletStopping',
    });
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
      again: 80_000,
    },
    'without proof until 150 s is taken to have been there': {
      absence: 'unproven',
      age: 150,
      says: { phase: 'OutOfUse', OutOfUse: 'True PodNeverSeen' },
    },
    'never existed, with proof that came late': { absence: 'proven', age: 150, says: missing },
  };
  test.each(Object.entries(cases))('%s', (_, { absence, age, says, again }) => {
    const decided = plan({ kind: 'unseen', absence }, fresh, seconds(age));
    expect(said(decided)).toEqual(says);
    expect(decided.requeueAfterMs).toBe(again);
  });
});
