import { describe, expect, test } from '@jest/globals';
import type { LeaveObservation } from '../../../../../controllers/binding/rescue/leave-plan.ts';
import type { BindingStatus } from '../../../../../src/api/binding.ts';
import type { Finalization } from '../../../../../src/api/fluentpvc.ts';
import { annotations, finalizers } from '../../../../../src/api/names.ts';
import type { Volume } from '../../../../../src/api/volume.ts';
import type { PatchWrite, Plan } from '../../../../../src/core/plan.ts';
import { bound, free, goes, leave } from '../../../../support/leaving.ts';
import { make, NAME } from '../../../../support/make.ts';
import { elsewhere, inPlace, kept, RESCUE } from '../../../../support/rescuing.ts';
import { deeds } from '../../../../support/said.ts';

const binding = make.binding({
  metadata: { ...goes, finalizers: [finalizers.binding] },
  spec: { snapshot: '{}' },
  status: { volumeName: 'pv-1', conditions: [make.condition('OutOfUse')] },
});

const unseen = {
  ...binding,
  spec: { ...binding.spec, pod: { name: '', uid: '' }, pvc: { name: NAME, uid: '' } },
  status: {},
};

const plan = (change: Partial<LeaveObservation>): Plan => leave({ binding, ...change });

const CLAIM = 'patch PersistentVolumeClaim';
const BINDING = 'patch FluentPVCBinding';
const parting = [CLAIM, BINDING];
const finalization = (onNamespaceDeletion: Finalization['onNamespaceDeletion']) => ({
  ...binding,
  spec: { ...binding.spec, finalization: { onSuccess: 'Delete' as const, onNamespaceDeletion } },
});
const said = (reason: string): BindingStatus => ({
  ...binding.status,
  conditions: [make.condition('OutOfUse'), make.condition('Rescued', { reason })],
});

const goingOn = elsewhere();
const { rescue: record } = goingOn.spec;
const copied = { ...goingOn, spec: { ...goingOn.spec, rescue: { ...record, namespace: 'copy' } } };
const otherVolume = {
  ...goingOn,
  spec: { ...goingOn.spec, rescue: { ...record, volumeName: 'pv-2' } },
};

interface Case {
  given: Partial<LeaveObservation>;
  does: string[];
}

const waits: Record<string, Partial<LeaveObservation>> = {
  'Pods keep it': {
    claim: make.claim({
      metadata: { ...goes, finalizers: [finalizers.claim, finalizers.claimInUse] },
      spec: bound,
    }),
  },
  'nobody has deleted it yet: Kubernetes has not said whether Pods keep it': {
    claim: make.claim({ metadata: { finalizers: [finalizers.claim] }, spec: bound }),
  },
};

const rescue: Record<string, Case> = {
  'first it is kept, then there is a binding elsewhere': {
    given: {},
    does: ['patch PersistentVolume', 'create FluentPVCBinding'],
  },
  'a binding that is there already is not made again': {
    given: { rescued: elsewhere() },
    does: ['patch PersistentVolume'],
  },
  'a volume that is kept without a binding elsewhere gets one': {
    given: { volume: kept(undefined, 'Bound') },
    does: ['create FluentPVCBinding'],
  },
  "the binding of another namespace's copy is not taken for the one that goes on": {
    given: { volume: kept(undefined, 'Bound'), rescued: copied },
    does: ['patch FluentPVCBinding status', 'event RescueRefused'],
  },
  'nor is one of another volume': {
    given: { volume: kept(undefined, 'Bound'), rescued: otherVolume },
    does: ['patch FluentPVCBinding status', 'event RescueRefused'],
  },
  'with both, that is recorded before anything goes': {
    given: { volume: kept(undefined, 'Bound'), rescued: elsewhere() },
    does: ['patch FluentPVCBinding status', 'event VolumeRescued'],
  },
  'once it is recorded, claim and binding go': {
    given: {
      binding: { ...binding, status: said('GoesOnElsewhere') },
      volume: kept(undefined, 'Bound'),
      rescued: elsewhere(),
    },
    does: parting,
  },
  'also when the rescue is over by now, and nothing of it is left': {
    given: {
      binding: { ...binding, status: said('GoesOnElsewhere') },
      claim: undefined,
      volume: 'absent',
    },
    does: [BINDING],
  },
  'a binding that was rescued in its namespace before is rescued again': {
    given: {
      binding: { ...inPlace(said('VolumeBound')), metadata: binding.metadata },
      volume: kept({ namespace: 'shop', name: NAME, uid: 'new-uid' }, 'Bound'),
    },
    does: ['create FluentPVCBinding'],
  },
  'a volume whose claim was never learned is rescued like any other': {
    given: {
      binding: { ...binding, spec: { ...binding.spec, pvc: { name: NAME, uid: '' } }, status: {} },
    },
    does: ['patch PersistentVolume', 'create FluentPVCBinding'],
  },
  'a volume whose claim is gone already is rescued like any other': {
    given: { claim: undefined },
    does: ['patch PersistentVolume', 'create FluentPVCBinding'],
  },
  'a claim that has lost its binding is rescued without one here': {
    given: { isStored: false, volume: kept(undefined, 'Bound'), rescued: elsewhere() },
    does: [CLAIM, 'event VolumeRescued'],
  },
};

const release: Record<string, Case> = {
  'a claim that never had a volume: no Pod ever ran with it': {
    given: {
      claim: make.unboundClaim({ metadata: { ...goes, finalizers: [finalizers.claim] } }),
      binding: { ...binding, status: {} },
      volume: 'absent',
    },
    does: parting,
  },
  'a claim that is gone, as its Pod is, and nobody ever saw either: there may have been data': {
    given: { claim: undefined, binding: unseen, volume: 'absent' },
    does: ['event DataGivenUp', BINDING],
  },
  'a claim that is gone, and its volume is not known': {
    given: { claim: undefined, binding: { ...binding, status: {} }, volume: 'absent' },
    does: ['event DataGivenUp', BINDING],
  },
  'as the FluentPVC says': {
    given: { binding: finalization('Release') },
    does: ['event DataGivenUp', ...parting],
  },
  'as the annotation release says': {
    given: {
      binding: {
        ...binding,
        metadata: { ...binding.metadata, annotations: { [annotations.release]: 'claim-uid' } },
      },
    },
    does: ['event DataGivenUp', ...parting],
  },
  'where rescue is switched off': {
    given: { rescueNamespace: undefined, volume: 'absent' },
    does: ['event DataGivenUp', ...parting],
  },
  'where the volume is gone': {
    given: { volume: 'absent' },
    does: ['event DataGivenUp', ...parting],
  },
  "where the volume has become another one's": {
    given: {
      volume: {
        ...make.volume(),
        spec: { ...make.volume().spec, claimRef: { namespace: 'shop', name: NAME, uid: 'other' } },
      },
    },
    does: ['event DataGivenUp', ...parting],
  },
};

describe('in a namespace that goes', () => {
  test.each(Object.entries(waits))('a claim waits where %s', (_, given) => {
    expect(plan(given)).toMatchObject({ writes: [] });
  });
  test.each(Object.entries(rescue))('a volume is rescued: %s', (_, { given, does }) => {
    expect(deeds(plan(given).writes)).toEqual(does);
  });
  test.each(Object.entries(release))('a claim is let go: %s', (_, { given, does }) => {
    expect(deeds(plan(given).writes)).toEqual(does);
  });

  test('a claim whose marks were taken off goes all the same: its uid says that it is ours', () => {
    const claim = { ...free, metadata: { ...free.metadata, labels: {} } };
    expect(deeds(plan({ claim, binding: finalization('Release') }).writes)).toContain(CLAIM);
  });
  test("somebody else's claim of that name is left alone", () => {
    const metadata = { ...free.metadata, uid: 'other', labels: {}, annotations: {} };
    const claim = { ...free, metadata };
    expect(deeds(plan({ claim, binding: finalization('Release') }).writes)).not.toContain(CLAIM);
  });

  test('the binding elsewhere is the same admission, and knows where its volume comes from', () => {
    const [, create] = plan({ podOver: false, nodeName: 'node-1' }).writes;
    expect(create).toMatchObject({
      object: {
        kind: 'FluentPVCBinding',
        metadata: {
          name: NAME,
          namespace: RESCUE,
          annotations: { [annotations.admissionId]: 'request-uid' },
          finalizers: [finalizers.binding],
          ownerReferences: [{ kind: 'FluentPVC', name: 'logs', uid: 'fluentpvc-uid' }],
        },
        spec: {
          pod: binding.spec.pod,
          pvc: { name: NAME, uid: '' },
          snapshot: '{}',
          rescue: {
            namespace: 'shop',
            pvc: { name: NAME, uid: 'claim-uid' },
            volumeName: 'pv-1',
            podOver: false,
            nodeName: 'node-1',
          },
        },
      },
    });
  });
  test('annotations of people stay behind: their uids are of other objects', () => {
    const marked = { ...binding.metadata.annotations, [annotations.retry]: 'now' };
    const [, create] = plan({
      binding: { ...binding, metadata: { ...binding.metadata, annotations: marked } },
    }).writes;
    expect(create).not.toMatchObject({
      object: { metadata: { annotations: { [annotations.retry]: 'now' } } },
    });
  });
  const absent: Record<string, { given: Partial<LeaveObservation>; says: string }> = {
    'is gone': { given: {}, says: 'PersistentVolume "pv-1" is gone' },
    'was never learned': {
      given: { claim: undefined, binding: unseen },
      says: 'nobody has seen which PersistentVolume it had',
    },
  };
  test.each(Object.entries(absent))(
    'a volume that %s: the Event claims no more than that',
    (_, { given, says }) => {
      expect(plan({ volume: 'absent', ...given }).writes[0]).toMatchObject({
        reason: 'DataGivenUp',
        note: expect.stringContaining(says) as unknown,
      });
    },
  );
  test('what is given up is told on the Namespace, before nothing is left that could tell it', () => {
    expect(plan({ binding: finalization('Release') }).writes[0]).toMatchObject({
      regarding: { kind: 'Namespace', namespace: '', name: 'shop', uid: 'shop-uid' },
      note: expect.stringContaining(NAME) as unknown,
    });
  });
});

describe('where the rescue namespace itself goes', () => {
  const there = { namespace: { name: RESCUE, uid: 'rescue-uid' } };
  const own = {
    ...there,
    binding: { ...elsewhere('claim-uid'), metadata: { ...elsewhere().metadata, ...goes } },
    claim: { ...free, metadata: { ...free.metadata, namespace: RESCUE } },
  };
  const volume = (change: Partial<Volume['spec']> = {}) => {
    const claimRef = { namespace: RESCUE, name: NAME, uid: 'claim-uid' };
    return { ...kept(claimRef, 'Bound'), spec: { ...kept(claimRef).spec, ...change } };
  };
  test('the volume is kept and nothing is made', () => {
    const open = volume({ persistentVolumeReclaimPolicy: 'Delete' });
    expect(deeds(plan({ ...own, volume: open }).writes)).toEqual(['patch PersistentVolume']);
  });
  test('and left to people', () => {
    expect(deeds(plan({ ...own, volume: volume() }).writes)).toEqual([
      'event VolumeLeft',
      ...parting,
    ]);
  });
});

test('a status write of the handover holds for the version that was looked at', () => {
  const [write] = plan({ volume: kept(undefined, 'Bound'), rescued: elsewhere() }).writes;
  expect((write as PatchWrite).body).toMatchObject({ metadata: { resourceVersion: '500' } });
});
