import { describe, expect, test } from '@jest/globals';
import { inUsePlan, type PodSight } from '../../../../../controllers/binding/in-use/in-use-plan.ts';
import type { Binding } from '../../../../../src/api/binding.ts';
import { annotations } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import { at, make, NAME, T0 } from '../../../../support/make.ts';
import { deeds, message, said } from '../../../../support/said.ts';
import { fresh, ready, missed, present, gone, plan } from '../../../../support/in-use.ts';

describe('a Pod that is there', () => {
  test('is recorded first, together with its claim, for this version of the binding', () => {
    expect(plan(present(), fresh).writes).toEqual([
      {
        verb: 'patch',
        ref: { kind: 'FluentPVCBinding', namespace: 'shop', name: NAME },
        type: 'merge',
        body: {
          metadata: { resourceVersion: '500', managedFields: [{}] },
          spec: {
            pod: { name: 'app-0', uid: 'pod-uid' },
            pvc: { name: NAME, uid: 'claim-uid' },
          },
        },
      },
      {
        verb: 'event',
        regarding: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: 'shop',
          name: 'app-0',
          uid: 'pod-uid',
        },
        type: 'Normal',
        reason: 'Injected',
        action: 'Inject',
        note: `PVC "${NAME}" and sidecar "fluentd" of FluentPVC "logs" were put into the Pod.`,
      },
    ]);
  });
  test('is not told again when only its claim was not known', () => {
    const half = make.binding({ spec: { pvc: { name: NAME, uid: '' } } });
    expect(deeds(plan(present(), half).writes)).toEqual(['patch FluentPVCBinding']);
  });
  test('is recorded without the claim where that is not known', () => {
    const unknown = { admittedAt: T0, claimUid: undefined, volumeName: undefined };
    const observation = { now: T0, binding: fresh, pod: present(), ...unknown };
    expect(inUsePlan(observation).writes[0]).toMatchObject({
      body: { spec: expect.not.objectContaining({ pvc: expect.anything() }) as object },
    });
  });
  test('that was recorded is never replaced by another one', () => {
    const other = make.pod({ metadata: { name: 'other', uid: 'other-uid' } });
    expect(deeds(plan(present(other)).writes)).toEqual(['patch FluentPVCBinding status']);
  });
  test('is Ready once it has a node, and the node is kept', () => {
    expect(said(plan(present(), make.binding()))).toEqual({
      phase: 'Ready',
      nodeName: 'node-1',
      volumeName: 'pv-1',
      Ready: 'True PodAndPVCFound',
    });
  });
  test('that is Ready already costs nothing, and is not looked at again', () => {
    expect(plan(present())).toEqual({ writes: [], reason: 'the Pod is in use' });
  });
  test.each([
    ['longer than its own is kept: a force delete afterwards takes it off the Pod', 600, 600],
    ['no longer than its own is not', 30, undefined],
    ['of a force delete is not', 0, undefined],
  ])('that is being deleted, with a grace period %s', (_, given, kept) => {
    const metadata = { deletionTimestamp: at(90), deletionGracePeriodSeconds: given };
    const decided = said(plan(present(make.pod({ metadata }))));
    expect(decided?.deletionGracePeriodSeconds).toBe(kept);
  });
  test('that is being deleted is told once', () => {
    const metadata = { deletionTimestamp: at(90), deletionGracePeriodSeconds: 600 };
    const { status, ...binding } = ready;
    const told = { ...binding, status: { ...status, deletionGracePeriodSeconds: 600 } };
    expect(plan(present(make.pod({ metadata })), told).writes).toEqual([]);
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
      pod: gone({ last: pending, readAfterMs: 10_000 }),
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
    expect(plan(present(make.endedPod()), fresh).writes[0]).toMatchObject({
      body: { spec: { pod: { uid: 'pod-uid' } } },
    });
    expect(plan(gone({ last: make.endedPod() }), fresh).writes[0]).toMatchObject({
      body: { spec: { pod: { uid: 'pod-uid' } } },
    });
  });

  test('before it was seen to run: node and volume are recorded all the same', () => {
    expect(said(plan(present(make.endedPod()), make.binding()))).toMatchObject({
      phase: 'OutOfUse',
      nodeName: 'node-1',
      volumeName: 'pv-1',
    });
    expect(said(plan(gone({ node: nodeGone }), make.binding()))).toMatchObject({
      volumeName: 'pv-1',
    });
  });

  test('when nobody knows whether it got a node after its label went, and it had time to stop', () => {
    const pod = gone({ last: pending, readAfterMs: 10_001, node: { kind: 'unknown' } });
    expect(plan(pod, missed(50)).requeueAfterMs).toBe(10_000);
    expect(said(plan(pod, missed(40)))).toMatchObject({ OutOfUse: 'True NodeUnknown' });
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
    'gone from the watch, which its label may have been, before it had a node': {
      pod: gone({ last: pending, readAfterMs: 10_001, node: { kind: 'unknown' } }),
    },
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
