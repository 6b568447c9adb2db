import { describe, expect, test } from '@jest/globals';
import { createBindingDecider } from '../../../../../controllers/binding/binding.ts';
import { createNodeMemory } from '../../../../../controllers/binding/in-use/node-memory.ts';
import { rescuePlan } from '../../../../../controllers/binding/rescue/rescue-plan.ts';
import type { Binding } from '../../../../../src/api/binding.ts';
import { annotations, finalizers } from '../../../../../src/api/names.ts';
import type { KubeObject, Stored } from '../../../../../src/api/object.ts';
import { jobPod, outOfUse, setup, snapshot } from '../../../../support/deciding.ts';
import { fakeCaches } from '../../../../support/fake-caches.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { bound, free, goes, going, leave } from '../../../../support/leaving.ts';
import { KEY, make, NAME, T0 } from '../../../../support/make.ts';
import { memoryApi } from '../../../../support/memory-api.ts';
import { notTaken } from '../../../../support/not-taken.ts';
import { elsewhere, inPlace, kept, newClaim, RESCUE } from '../../../../support/rescuing.ts';
import { deeds, said } from '../../../../support/said.ts';

const facts = {
  now: T0,
  idle: undefined,
  refusal: undefined,
  job: undefined,
  jobPodEnd: undefined,
};
const done = { conditions: [make.condition('OutOfUse'), make.condition('Rescued')] };
const living = make.claim({ spec: bound, metadata: { finalizers: [finalizers.claim] } });

describe('a namespace goes', () => {
  test('while a volume that was rescued in it is drained: it is rescued again', () => {
    const claim = newClaim('shop');
    const given = {
      binding: inPlace(done),
      claim: { ...claim, metadata: { ...claim.metadata, ...goes } },
      // As the volume controller leaves it: of the new claim.
      volume: kept({ namespace: 'shop', name: NAME, uid: 'new-uid' }, 'Bound'),
    };
    expect(deeds(leave(given).writes)).toEqual(['create FluentPVCBinding']);
  });
  test('in the middle of a rescue, of a Pod that nobody saw: it goes on elsewhere', () => {
    const binding = inPlace();
    const given = {
      binding: { ...binding, spec: { ...binding.spec, pod: { name: '', uid: '' } } },
      claim: undefined,
      volume: kept({ namespace: 'shop', name: NAME }),
    };
    expect(deeds(leave(given).writes)).toEqual(['create FluentPVCBinding']);
  });
  test('the rescue namespace itself, before the volume has changed over: it is said to be kept', () => {
    const given = {
      binding: elsewhere(),
      namespace: { name: RESCUE, uid: 'rescue-ns-uid' },
      claim: undefined,
      volume: kept({ namespace: 'shop', name: NAME, uid: 'claim-uid' }),
      rescued: elsewhere(),
    };
    expect(deeds(leave(given).writes)).toContain('event VolumeLeft');
  });
  test('and the rescue namespace takes no binding: that is told', async () => {
    const { decide } = setup(outOfUse, { claims: [free], namespaces: [going] }, [
      going,
      free,
      make.volume(),
    ]);
    const elsewhere404 = notTaken(elsewhere(), 404, 'NotFound', 'namespaces "rescue" not found');
    const does = deeds((await decide(elsewhere404)).writes);
    expect(does).toEqual([
      'patch FluentPVCBinding status',
      'event RescueRefused',
      'patch PersistentVolume',
      'create FluentPVCBinding',
    ]);
  });
  test('and a Job was refused before: that is no refusal of the rescue', async () => {
    const { decide } = setup(outOfUse, { claims: [free], namespaces: [going] }, [
      going,
      free,
      make.volume(),
    ]);
    const quota = notTaken(make.job(), 403, 'Forbidden', 'exceeded quota');
    expect(deeds((await decide(quota)).writes)).toEqual([
      'patch PersistentVolume',
      'create FluentPVCBinding',
    ]);
  });
  test('a claim has lost binding and FluentPVC: the namespace does not hang', async () => {
    const all = setup({}, { claims: [free], namespaces: [going] }, [going, free, make.volume()]);
    all.caches.bindings.remove(make.binding());
    const ref = { kind: 'FluentPVCBinding', namespace: 'shop', name: NAME } as const;
    await all.api.patch(ref, { type: 'merge', body: { metadata: { finalizers: null } } });
    await all.api.delete(ref, { uid: 'binding-uid', propagation: 'Background' });
    await all.clock.advance(70_000);
    expect((await all.decide()).writes).not.toEqual([]);
  });
});

describe('in a namespace that lives', () => {
  test('a failed Job whose Pod keeps the old claim goes', async () => {
    const claim = make.claim({ metadata: goes, spec: bound });
    const status = {
      conditions: [{ type: 'Failed', status: 'True', reason: 'x', message: 'y' }],
    };
    const job = make.job({ status });
    const { decide } = setup(
      {
        jobUID: 'job-uid',
        conditions: [make.condition('OutOfUse'), make.condition('FinalizerJobFailed')],
      },
      {
        claims: [claim],
        jobs: [job],
        jobPods: [jobPod('drain-1', { status: { phase: 'Failed' } })],
      },
      [claim, job, kept(undefined, 'Bound')],
      { snapshot, rescue: inPlace().spec.rescue },
    );
    expect(deeds((await decide()).writes)).toContain('delete Job');
  });
  test('a claim that is there and lost its label is not rescued, but reported', async () => {
    const claim = { ...living, metadata: { ...living.metadata, labels: {} } };
    const { decide } = setup(outOfUse, {}, [claim, make.volume()]);
    const plan = await decide();
    expect(deeds(plan.writes)).not.toContain('event VolumeRescued');
    expect(said(plan)).toMatchObject({ Unknown: 'True PVCNotOurs' });
  });
  test('a claim that nobody deletes keeps our finalizer', () => {
    const { writes } = rescuePlan({
      ...facts,
      binding: inPlace(),
      claim: living,
      volume: kept(undefined, 'Bound'),
    });
    expect(deeds(writes)).not.toContain('patch PersistentVolumeClaim');
  });
  test('a claim whose volume is being deleted keeps our finalizer: both would go', () => {
    const volume = kept({ namespace: 'shop', name: NAME, uid: 'claim-uid' }, 'Bound');
    const { writes } = rescuePlan({
      ...facts,
      binding: inPlace(),
      claim: make.claim({ metadata: goes, spec: bound }),
      volume: { ...volume, metadata: { ...volume.metadata, ...goes } },
    });
    expect(deeds(writes)).not.toContain('patch PersistentVolumeClaim');
  });
  test('a rescue that is stuck can be given up', async () => {
    const stranger = { namespace: 'shop', name: 'other', uid: 'x' };
    const { decide } = setup(
      outOfUse,
      {},
      [kept(stranger, 'Bound')],
      { snapshot, rescue: inPlace().spec.rescue },
      {
        annotations: { ...make.binding().metadata.annotations, [annotations.release]: 'claim-uid' },
      },
    );
    expect(said(await decide())).toMatchObject({ DataGivenUp: 'True Released' });
  });
  test('who waits for people to mend what nobody watches looks again', () => {
    const stranger = { namespace: 'shop', name: 'other', uid: 'x' };
    const plan = rescuePlan({
      ...facts,
      binding: inPlace(),
      claim: undefined,
      volume: kept(stranger, 'Bound'),
    });
    expect(said(plan)).toMatchObject({ DrainStalled: 'True VolumeTaken' });
    expect(plan.requeueAfterMs).toBeDefined();
  });
  test('also for a claim without our label, which has the name', () => {
    const plan = rescuePlan({
      ...facts,
      binding: inPlace(),
      claim: make.claim({ metadata: { uid: 'x', labels: {}, finalizers: [] } }),
      volume: kept({ namespace: 'shop', name: NAME }),
    });
    expect(said(plan)).toMatchObject({ Unknown: 'True PVCNotOurs' });
    expect(plan.requeueAfterMs).toBeDefined();
  });
});

describe('with --disable-rescue, a rescue that was under way', () => {
  const decide = (binding: Stored<Binding>, ...live: KubeObject[]) => {
    const client = memoryApi(binding, ...live);
    const stored = client.find('FluentPVCBinding', NAME) as Stored<Binding>;
    const caches = fakeCaches({ bindings: [stored] });
    const { defaults } = make;
    const clock = new FakeClock();
    const rescueNamespace = undefined;
    const nodeMemory = createNodeMemory(clock);
    const working = { caches, client, clock, nodeMemory, defaults };
    const decider = createBindingDecider({ ...working, rescueNamespace });
    return decider(KEY, new AbortController().signal);
  };
  test('does not say that a volume is gone which is there', async () => {
    const plan = await decide(inPlace(), kept({ namespace: 'shop', name: NAME }));
    expect(said(plan)).not.toMatchObject({ Unknown: 'True VolumeLost' });
  });
  test('does not end without giving the volume its policy back', async () => {
    const conditions = [...done.conditions, make.condition('FinalizerJobSucceeded')];
    const volume = kept({ namespace: 'shop', name: NAME, uid: 'new-uid' });
    const plan = await decide(inPlace({ conditions }), volume);
    expect(deeds(plan.writes)).not.toContain('delete FluentPVCBinding');
  });
});
