import { describe, expect, test } from '@jest/globals';
import { watchBindings } from '../../../../controllers/binding/binding.ts';
import type { BindingStatus } from '../../../../src/api/binding.ts';
import { fakeCaches } from '../../../support/fake-caches.ts';
import { KEY, make } from '../../../support/make.ts';
import { deeds, said } from '../../../support/said.ts';
import { jobPod, setup } from '../../../support/deciding.ts';
import { node, nodeLease } from '../../../support/finding.ts';

test('a binding that is gone needs nothing', async () => {
  const { caches, decide, asked } = setup({});
  caches.bindings.remove(make.binding());
  expect((await decide()).writes).toEqual([]);
  expect(asked()).toEqual([]);
});

describe('in use', () => {
  const unknown = {
    pod: { name: '', uid: '' },
    pvc: { name: make.binding().spec.pvc.name, uid: '' },
  };
  test('a Pod that runs costs no request', async () => {
    const { decide, asked } = setup({}, { pods: [make.pod()], claims: [make.claim()] });
    expect(said(await decide())).toMatchObject({ phase: 'Ready' });
    expect(asked()).toEqual([]);
  });
  test('a Pod that is gone from the cache is read live before anything is said', async () => {
    const bare = make.pod({ metadata: { labels: {} } });
    const { decide, caches } = setup({}, { pods: [make.pod()] }, [bare]);
    caches.pods.remove(make.endedPod());
    const plan = await decide();
    expect(said(plan)).toMatchObject({ phase: 'Ready' });
    expect(plan.requeueAfterMs).toBe(30_000);
  });
  test('what was remembered of a Pod is forgotten once it is over', async () => {
    const { caches, decide } = setup({}, { claims: [make.claim()] });
    const [inUse] = caches.bindings.values();
    if (inUse === undefined) throw new Error('no binding');
    caches.pods.remove(make.endedPod());
    expect(said(await decide())).toMatchObject({ OutOfUse: 'True PodGone' });
    caches.bindings.set({ ...inUse, status: { conditions: [make.condition('OutOfUse')] } });
    await decide();
    caches.bindings.set(inUse);
    expect(said(await decide())).not.toHaveProperty('OutOfUse');
  });
  test('a process that takes over does not know that the kubelet was there all the time', async () => {
    const nodeRenewTime = '2026-01-01T00:00:00.000Z';
    const doubt = make.condition('WriterMayBeAlive', { reason: 'KubeletStopping' });
    const status = { nodeName: 'node-1', nodeRenewTime, conditions: [doubt] };
    const lease = { ...nodeLease, spec: { renewTime: '2026-01-01T01:00:00.000000Z' } };
    const { decide } = setup(status, { claims: [make.claim()] }, [node(), lease]);
    expect(said(await decide()) ?? {}).not.toHaveProperty('OutOfUse');
  });
  test('a claim is recorded only when it is the one of this admission', async () => {
    const claims = [make.claim({ metadata: { annotations: {} } })];
    const ours = setup({}, { pods: [make.pod()], claims: [make.claim()] }, [], unknown);
    const theirs = setup({}, { pods: [make.pod()], claims }, [], unknown);
    expect((await ours.decide()).writes[0]).toMatchObject({
      body: { spec: { pvc: { uid: 'claim-uid' } } },
    });
    expect((await theirs.decide()).writes[0]).not.toMatchObject({ body: { spec: { pvc: {} } } });
  });
});

describe('releasing', () => {
  const drained: BindingStatus = { conditions: [make.condition('FinalizerJobSucceeded')] };
  test('takes its Job, its claim and itself away', async () => {
    const { decide } = setup(drained, { claims: [make.claim()], jobs: [make.job()] });
    expect(deeds((await decide()).writes)).toEqual([
      'delete Job',
      'delete PersistentVolumeClaim',
      'patch PersistentVolumeClaim',
      'delete FluentPVCBinding',
      'patch FluentPVCBinding',
    ]);
  });
  test('takes Pods of Jobs away that mount its claim, and no other: anybody may label one', async () => {
    const volumes: [] = [];
    const jobPods = [jobPod('a'), jobPod('b', { spec: { ...make.pod().spec, volumes } })];
    const { writes } = await setup(drained, { claims: [make.claim()], jobPods }).decide();
    expect(writes.filter(({ verb }) => verb === 'delete')).toMatchObject([
      { ref: { kind: 'Pod', name: 'a' } },
      { ref: { kind: 'PersistentVolumeClaim' } },
      { ref: { kind: 'FluentPVCBinding' } },
    ]);
  });
  test('keeps the claim of a Pod that is there although it was proven that there was none', async () => {
    const conditions = [make.condition('PodMissing', { reason: 'PodNeverCreated' })];
    const volumes: [] = [];
    const stranger = make.pod({ metadata: { name: 'x', uid: 'x' }, spec: { volumes } });
    const decide = (pod: typeof stranger) =>
      setup({ conditions }, { claims: [make.claim()], pods: [pod] }).decide();
    expect(said(await decide(make.pod()))).toMatchObject({ PodMissing: 'False PodArrived' });
    expect(deeds((await decide(stranger)).writes)).toContain('delete PersistentVolumeClaim');
  });
  test('asks for a claim that the cache does not have, lest it be left behind', async () => {
    const { decide } = setup(drained, {}, [make.claim()]);
    expect(deeds((await decide()).writes)).toContain('delete PersistentVolumeClaim');
  });
});

test('a change of anything enqueues the binding that it names', () => {
  const caches = fakeCaches({});
  const keys: string[] = [];
  watchBindings(caches, (key) => keys.push(key));
  caches.bindings.set(make.binding());
  caches.claims.set(make.claim());
  caches.pods.remove(make.pod(), 'missed');
  caches.jobs.set(make.job());
  caches.jobPods.set(jobPod('a'));
  expect(keys).toEqual([KEY, KEY, KEY, KEY, KEY]);
  caches.pods.set(make.pod({ metadata: { labels: {} } }));
  expect(keys).toHaveLength(5);
});
