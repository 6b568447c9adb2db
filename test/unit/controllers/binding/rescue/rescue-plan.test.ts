import { describe, expect, test } from '@jest/globals';
import { beginRescue } from '../../../../../controllers/binding/rescue/rescue-begin.ts';
import { isRescuing, rescuePlan } from '../../../../../controllers/binding/rescue/rescue-plan.ts';
import type { RescueObservation } from '../../../../../controllers/binding/rescue/rescue-plan.ts';
import type { BindingStatus } from '../../../../../src/api/binding.ts';
import { annotations, finalizers, labels } from '../../../../../src/api/names.ts';
import type { PatchWrite } from '../../../../../src/core/plan.ts';
import { at, make, NAME, T0 } from '../../../../support/make.ts';
import { notTaken } from '../../../../support/not-taken.ts';
import { elsewhere, inPlace, kept, newClaim, RESCUE } from '../../../../support/rescuing.ts';
import { deeds, message, said } from '../../../../support/said.ts';

const nothing = {
  now: T0,
  claim: undefined,
  volume: 'absent' as const,
  idle: undefined,
  refusal: undefined,
  job: undefined,
  jobPodEnd: undefined,
};
const plan = (change: Pick<RescueObservation, 'binding'> & Partial<RescueObservation>) =>
  rescuePlan({ ...nothing, ...change });

const oldClaim = (ours = true) =>
  make.claim({
    metadata: {
      deletionTimestamp: at(1),
      finalizers: [...(ours ? [finalizers.claim] : []), finalizers.claimInUse],
    },
    spec: { volumeName: 'pv-1' },
  });
const STATUS = 'patch FluentPVCBinding status';
const VOLUME = 'patch PersistentVolume';
const waitsInPlace = { namespace: 'shop', name: NAME };
const waitsElsewhere = { namespace: RESCUE, name: NAME };
const moving = {
  conditions: [make.condition('OutOfUse'), make.condition('Rescued', { status: 'False' })],
};

const steps: Record<string, { given: Parameters<typeof plan>[0]; does: string[] }> = {
  'a volume that would go with its claim is kept first, whatever else is to do': {
    given: { binding: inPlace(), claim: oldClaim(), volume: make.volume() },
    does: [STATUS, VOLUME],
  },
  'a volume that has the policy Retain already is marked all the same': {
    given: {
      binding: inPlace(),
      claim: oldClaim(),
      volume: make.volume({
        spec: { ...make.volume().spec, persistentVolumeReclaimPolicy: 'Retain' },
      }),
    },
    does: [STATUS, VOLUME],
  },
  'then the old claim loses our finalizer': {
    given: { binding: inPlace(), claim: oldClaim(), volume: kept(undefined, 'Bound') },
    does: [STATUS, 'patch PersistentVolumeClaim'],
  },
  'a Job whose Pods cannot start with the old claim goes': {
    given: {
      binding: inPlace(),
      claim: oldClaim(false),
      volume: kept(undefined, 'Bound'),
      job: make.job(),
      idle: { endedAt: undefined },
    },
    does: [STATUS, 'delete Job'],
  },
  'a Job whose container has just ended stays: it may have succeeded': {
    given: {
      binding: inPlace(),
      claim: oldClaim(false),
      volume: kept(undefined, 'Bound'),
      job: make.job(),
      idle: { endedAt: T0 - 29_999 },
    },
    does: [STATUS],
  },
  'a Job goes of whose end nothing has come': {
    given: {
      binding: inPlace(),
      claim: oldClaim(false),
      volume: kept(undefined, 'Bound'),
      job: make.job(),
      idle: { endedAt: T0 - 30_000 },
    },
    does: [STATUS, 'delete Job'],
  },
  'nothing is done while Pods keep the old claim': {
    given: { binding: inPlace(), claim: oldClaim(false), volume: kept(undefined, 'Bound') },
    does: [STATUS],
  },
  'nothing is done until the volume controller has seen the old claim go': {
    given: { binding: inPlace(), volume: kept(undefined, 'Bound') },
    does: [STATUS],
  },
  'a volume whose claim is gone changes over': {
    given: { binding: inPlace(), volume: kept() },
    does: [STATUS, VOLUME],
  },
  'and so it does to another namespace': {
    given: { binding: elsewhere(), volume: kept() },
    does: [STATUS, VOLUME],
  },
  'also where the rescue began before the old namespace went': {
    given: { binding: elsewhere(), volume: kept(waitsInPlace) },
    does: [STATUS, VOLUME],
  },
  'a volume that waits for its new claim gets it': {
    given: { binding: inPlace(), volume: kept(waitsInPlace) },
    does: [STATUS, 'create PersistentVolumeClaim'],
  },
  'and so it does in another namespace': {
    given: { binding: elsewhere(), volume: kept(waitsElsewhere) },
    does: [STATUS, 'create PersistentVolumeClaim'],
  },
  'a new claim is given time to be bound': {
    given: { binding: inPlace(), claim: newClaim('shop', 'Pending'), volume: kept(waitsInPlace) },
    does: [STATUS],
  },
  'a new claim is learned': {
    given: {
      binding: elsewhere(),
      claim: newClaim(RESCUE),
      volume: kept({ ...waitsElsewhere, uid: 'new-uid' }, 'Bound'),
    },
    does: ['patch FluentPVCBinding'],
  },
  'and told': {
    given: {
      binding: elsewhere('new-uid'),
      claim: newClaim(RESCUE),
      volume: kept({ ...waitsElsewhere, uid: 'new-uid' }, 'Bound'),
    },
    does: [STATUS],
  },
  'a new claim that is deleted, too, goes like the first one': {
    given: {
      binding: inPlace(),
      claim: { ...oldClaim(), metadata: { ...oldClaim().metadata, uid: 'new-uid' } },
      volume: kept({ ...waitsInPlace, uid: 'new-uid' }, 'Bound'),
    },
    does: [STATUS, 'patch PersistentVolumeClaim'],
  },
};

describe('a rescue', () => {
  test.each(Object.entries(steps))('%s', (_, { given, does }) => {
    expect(deeds(plan(given).writes)).toEqual(does);
  });
  test.each(Object.entries(steps).filter(([, { does }]) => does[0] === STATUS))(
    '%s; said once',
    (_, { given, does }) => {
      const [first] = plan(given).writes;
      const { status } = (first as PatchWrite).body as { status: BindingStatus };
      const binding = { ...given.binding, status } as RescueObservation['binding'];
      const again = plan({ ...given, binding });
      expect(deeds(again.writes)).toEqual(does.slice(1));
    },
  );
  test('says that the Pod is over, which only its former binding has seen', () => {
    expect(said(plan({ binding: elsewhere(), volume: kept() }))).toMatchObject({
      phase: 'OutOfUse',
      OutOfUse: 'True PodOver',
      Rescued: 'False VolumeMoving',
    });
  });
  test('looks at its volume again soon, which nobody watches', () => {
    expect(plan({ binding: inPlace(moving), volume: kept(undefined, 'Bound') })).toMatchObject({
      requeueAfterMs: 2_000,
    });
  });

  test('keeps a volume by label, policy and the memory of its own policy, in this version', () => {
    const { writes } = plan({ binding: inPlace(moving), claim: oldClaim(), volume: make.volume() });
    expect(writes.at(-1)).toMatchObject({
      ref: { kind: 'PersistentVolume', name: 'pv-1' },
      body: {
        metadata: {
          uid: 'volume-uid',
          resourceVersion: '700',
          labels: { [labels.binding]: NAME },
          annotations: { [annotations.reclaimPolicy]: 'Delete' },
        },
        spec: { persistentVolumeReclaimPolicy: 'Retain' },
      },
    });
  });
  test('remembers the first policy when it keeps a volume for the second time', () => {
    const volume = kept();
    const other = { ...volume, metadata: { ...volume.metadata, labels: {} } };
    expect(plan({ binding: elsewhere(), volume: other }).writes.at(-1)).toMatchObject({
      body: { metadata: { annotations: { [annotations.reclaimPolicy]: 'Delete' } } },
    });
  });
  test('never leaves a volume free: it names the new claim in the same patch', () => {
    expect(plan({ binding: elsewhere(), volume: kept() }).writes.at(-1)).toMatchObject({
      body: {
        spec: {
          claimRef: { namespace: RESCUE, name: NAME, uid: null, resourceVersion: null },
        },
      },
    });
  });
  test('makes a claim that fits the volume and is ours', () => {
    expect(
      plan({ binding: elsewhere(), volume: kept(waitsElsewhere) }).writes.at(-1),
    ).toMatchObject({
      object: {
        metadata: {
          name: NAME,
          namespace: RESCUE,
          labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME },
          annotations: { [annotations.admissionId]: 'request-uid' },
          finalizers: [finalizers.claim],
        },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          storageClassName: 'fast',
          volumeMode: 'Filesystem',
          volumeName: 'pv-1',
        },
      },
    });
  });
  test('names no class where the volume has none: the default one would be another', () => {
    const { storageClassName, ...spec } = kept(waitsElsewhere).spec;
    const volume = { ...kept(), spec };
    expect(plan({ binding: elsewhere(), volume }).writes.at(-1)).toMatchObject({
      object: { spec: { storageClassName: '' } },
    });
  });
  test('says what the API server has against the new claim, and tries again', () => {
    const refusal = notTaken(newClaim('shop'), 403, 'Forbidden', 'exceeded quota');
    const told = plan({ binding: inPlace(moving), volume: kept(waitsInPlace), refusal });
    expect(deeds(told.writes)).toEqual([STATUS, 'create PersistentVolumeClaim']);
    expect(message(told, 'DrainStalled')).toContain('exceeded quota');
  });
  test('does not take what it had against the Job for that', () => {
    const refusal = notTaken(make.job(), 403, 'Forbidden', 'exceeded quota');
    const moved = plan({ binding: inPlace(moving), volume: kept(waitsInPlace), refusal });
    expect(said(moved)).not.toHaveProperty('DrainStalled');
  });
});

describe('a rescue that cannot go on by itself says so', () => {
  test('where the volume is gone', () => {
    const told = plan({ binding: inPlace() });
    expect(said(told)).toMatchObject({ phase: 'Unknown', Unknown: 'True VolumeLost' });
    expect(message(told, 'Unknown')).toContain(`kubectl delete fpvcb ${NAME}`);
  });
  describe('and ends when that is acknowledged', () => {
    const binding = inPlace({}, { deletionTimestamp: at(1) });
    const CLAIM = 'PersistentVolumeClaim';
    const cases: Record<string, { claim: RescueObservation['claim']; does: string[] }> = {
      'alone where there is no claim': { claim: undefined, does: [] },
      'with the claim that was deleted': { claim: oldClaim(), does: [`patch ${CLAIM}`] },
      'with the claim that took the volume over': {
        claim: newClaim('shop'),
        does: [`delete ${CLAIM}`, `patch ${CLAIM}`],
      },
      "and leaves somebody else's claim alone": {
        claim: make.claim({ metadata: { uid: 'x' }, spec: { volumeName: 'pv-2' } }),
        does: [],
      },
    };
    test.each(Object.entries(cases))('%s', (_, { claim, does }) => {
      const { writes } = plan({ binding, claim });
      expect(deeds(writes)).toEqual([...does, 'patch FluentPVCBinding']);
    });
  });
  test("where the volume has become another one's: it is not touched", () => {
    const volume = make.volume({
      spec: { ...make.volume().spec, claimRef: { namespace: 'shop', name: 'other', uid: 'x' } },
    });
    const told = plan({ binding: inPlace(), volume });
    expect(deeds(told.writes)).toEqual([STATUS]);
    expect(said(told)).toMatchObject({ DrainStalled: 'True VolumeTaken' });
  });
  test("where somebody else's claim has the name: it is not touched", () => {
    const stranger = make.claim({ metadata: { uid: 'x', labels: {}, finalizers: [] } });
    const told = plan({ binding: inPlace(), claim: stranger, volume: kept(waitsInPlace) });
    expect(deeds(told.writes)).toEqual([STATUS]);
    expect(said(told)).toMatchObject({ Unknown: 'True PVCNotOurs' });
  });
  test('and takes it back when it goes on', () => {
    const conditions = [make.condition('OutOfUse'), make.condition('Unknown')];
    const told = plan({ binding: inPlace({ conditions }), volume: kept(waitsInPlace) });
    expect(said(told)).toMatchObject({ phase: 'OutOfUse', Unknown: 'False VolumeRescued' });
  });
});

describe('a rescue begins', () => {
  const known = make.binding({ status: { conditions: [make.condition('OutOfUse')] } });
  const noJob = { job: undefined, jobPodEnd: undefined };
  const facts = { now: T0, binding: known, claim: oldClaim(), ...noJob };
  test('with a record in the binding, and an Event', () => {
    const begun = beginRescue(facts, make.volume());
    expect(deeds(begun?.writes ?? [])).toEqual(['patch FluentPVCBinding', 'event VolumeRescued']);
    expect(begun?.writes[0]).toMatchObject({
      body: { metadata: { resourceVersion: '500' }, spec: { rescue: inPlace().spec.rescue } },
    });
  });
  test('for no volume of another claim', () => {
    const claimRef = { namespace: 'shop', name: NAME, uid: 'another' };
    const volume = make.volume({ spec: { ...make.volume().spec, claimRef } });
    expect(beginRescue(facts, volume)).toBeUndefined();
  });
  test('for no claim that was never known', () => {
    const spec = { pvc: { name: NAME, uid: '' } };
    const unknown = { ...facts, binding: make.binding({ spec }), claim: undefined };
    expect(beginRescue(unknown, make.volume())).toBeUndefined();
  });
  test('for no volume that is gone', () => {
    expect(beginRescue({ ...facts, claim: undefined }, 'absent')).toBeUndefined();
  });
});

describe('a rescue is over', () => {
  const done = { conditions: [make.condition('OutOfUse'), make.condition('Rescued')] };
  test('when its new claim is bound, and that is told', () => {
    expect(isRescuing(inPlace(done), newClaim('shop'))).toBe(false);
    expect(isRescuing(inPlace(moving), newClaim('shop'))).toBe(true);
  });
  test('not before its new claim is bound', () => {
    expect(isRescuing(inPlace(done), newClaim('shop', 'Pending'))).toBe(true);
  });
  test('not when its claim is gone again, or goes', () => {
    expect(isRescuing(inPlace(done), undefined)).toBe(true);
    const goes = newClaim('shop');
    goes.metadata.deletionTimestamp = at(9);
    expect(isRescuing(inPlace(done), goes)).toBe(true);
  });
  test('not with the claim that the Pod wrote to', () => {
    expect(isRescuing(inPlace(done), make.claim())).toBe(true);
  });
  test('where there is none', () => {
    expect(isRescuing(make.binding(), undefined)).toBe(false);
  });
});
