import { describe, expect, test } from '@jest/globals';
import { annotations, finalizers } from '../../../../src/api/names.ts';
import type { KubeObject, ObjectMeta } from '../../../../src/api/object.ts';
import { free, going } from '../../../support/leaving.ts';
import { living, type Living } from '../../../support/living.ts';
import { failedStatus } from '../../../support/draining.ts';
import { at, make, NAME } from '../../../support/make.ts';
import { refusal } from '../../../support/memory-api.ts';
import { inPlace, kept } from '../../../support/rescuing.ts';

/*
 * A message that tells people what to do is a promise: what it says is done here, word for word, and the
 * binding comes to its end, or the drain goes on.
 */

const bound = { volumeName: 'pv-1' };
const snapshot = JSON.stringify(make.snapshot());
const over = { conditions: [make.condition('OutOfUse')] };
const drained = (status: object = over, metadata: ObjectMeta = {}) =>
  make.binding({ metadata, spec: { snapshot }, status });
const claim = (metadata: ObjectMeta = {}, phase: 'Bound' | 'Lost' = 'Bound') =>
  make.claim({ metadata, spec: bound, status: { phase } });
const going1 = { deletionTimestamp: at(1) };
const stripped = claim({ labels: {} });
const claimRef = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: NAME } as const;
const jobRef = { kind: 'Job', namespace: 'shop', name: NAME } as const;
const dying = { ...going1, finalizers: ['kubernetes.io/pv-protection'] };

interface Case {
  given: KubeObject[];
  /** Type and reason of the condition whose message is obeyed. */
  says: [type: string, reason: string];
  /** What is done besides the commands of the message, before them. */
  first?: (world: Living) => Promise<void>;
  /** Where the message has no command. */
  commands?: false;
}

const ends: Record<string, Case> = {
  'of a claim that is gone': {
    given: [drained()],
    says: ['Unknown', 'PVCLost'],
  },
  'of a claim that has lost its volume': {
    given: [drained(), claim({}, 'Lost')],
    says: ['Unknown', 'PVCLost'],
  },
  'of a claim that is deleted, and its volume goes with it': {
    given: [drained(), claim(going1), make.volume({ metadata: dying })],
    says: ['Unknown', 'PVCDeleted'],
  },
  'of a claim that has lost its marks, and goes by hand': {
    given: [drained(), stripped],
    says: ['Unknown', 'PVCNotOurs'],
    first: (world) => world.remove(claimRef),
  },
  'of a claim that is another one now': {
    given: [drained(), claim({ uid: 'other', labels: {}, finalizers: [] })],
    says: ['Unknown', 'PVCNotOurs'],
  },
  'of a volume that is gone in the middle of its rescue': {
    given: [inPlace()],
    says: ['Unknown', 'VolumeLost'],
  },
  'of a volume that is being deleted in the middle of its rescue': {
    given: [inPlace(), { ...kept(), metadata: { ...kept().metadata, ...dying } }],
    says: ['Unknown', 'VolumeDeleted'],
  },
};

const goesOn: Record<string, Case> = {
  'of a claim that has lost its marks, and gets them back': {
    given: [drained(), stripped],
    says: ['Unknown', 'PVCNotOurs'],
    first: async ({ api }) => {
      const { labels } = make.claim().metadata;
      await api.patch(claimRef, { type: 'merge', body: { metadata: { labels } } });
    },
    commands: false,
  },
  "of a Job's name that another one has": {
    given: [drained(), claim(), make.job({ metadata: { ownerReferences: [], uid: 'other' } })],
    says: ['DrainStalled', 'JobNameTaken'],
    first: (world) => world.remove(jobRef),
    commands: false,
  },
};

describe('the binding ends when people do what it says', () => {
  test.each(Object.entries(ends))('%s', async (_, { given, says: [type, reason], first }) => {
    const world = living(...given);
    await world.settle();
    const message = await world.says(type);
    expect(message).toMatch(new RegExp(`^${reason}: `));
    await first?.(world);
    await world.settle();
    await world.obey(message);
    await world.settle();
    expect(await world.binding()).toBeUndefined();
  });

  test('of the last attempt: release gives the data up', async () => {
    const finalization = {
      attempts: 1,
      onSuccess: 'Delete',
      onNamespaceDeletion: 'Rescue',
    } as const;
    const { nextAttemptTime: _, ...failed } = failedStatus(0);
    const stored = make.binding({ spec: { snapshot, finalization }, status: failed });
    const world = living(stored, claim());
    await world.settle();
    expect(await world.claim()).toBeDefined();
    await world.obey(`kubectl annotate fpvcb ${NAME} ${annotations.release}=claim-uid`);
    await world.settle();
    expect([await world.binding(), await world.claim()]).toEqual([undefined, undefined]);
  });
});

describe('the drain goes on when people do what it says', () => {
  test.each(Object.entries(goesOn))('%s', async (_, { given, says: [type, reason], first }) => {
    const world = living(...given);
    await world.settle();
    expect(await world.says(type)).toMatch(new RegExp(`^${reason}: `));
    await first?.(world);
    await world.settle();
    expect(await world.api.get(jobRef)).toMatchObject({ metadata: { name: NAME } });
    expect(await world.says(type)).toBe('nothing');
  });
});

describe('a rescue that is refused', () => {
  const stored = drained({ ...over, volumeName: 'pv-1' }, going1);
  const refusing = (...given: KubeObject[]): Living => {
    const world = living(going, free, make.volume(), ...given);
    world.api.refuse = ({ verb, kind }) =>
      verb === 'create' && kind === 'FluentPVCBinding'
        ? refusal(404, 'NotFound', 'namespaces "rescue" not found')
        : undefined;
    return world;
  };
  const volumeOf = async ({ api }: Living) =>
    api.get({ kind: 'PersistentVolume', name: 'pv-1' }) as Promise<KubeObject | undefined>;
  const retained = { spec: { persistentVolumeReclaimPolicy: 'Retain' } };

  test('waits, and nothing is lost: condition and Event say the same', async () => {
    const world = refusing(stored);
    await world.settle();
    const message = await world.says('DrainStalled');
    expect(message).toMatch(/^RescueRefused: .*namespaces "rescue" not found/);
    expect(await world.events()).toEqual([message]);
    expect(await volumeOf(world)).toMatchObject(retained);
    expect(await world.claim()).toBeDefined();
  });
  test('ends by the annotation that it names, and the volume goes with its own policy', async () => {
    const world = refusing(stored);
    await world.settle();
    await world.obey(await world.says('DrainStalled'));
    await world.settle();
    expect([await world.binding(), await world.claim()]).toEqual([undefined, undefined]);
    expect(await volumeOf(world)).toMatchObject({
      metadata: { labels: {} },
      spec: { persistentVolumeReclaimPolicy: 'Delete' },
    });
    expect((await world.events()).at(-1)).toMatch(/^DataGivenUp: /);
  });
  test('also where only the volume knows which claim it was', async () => {
    const pvc = { name: NAME, uid: '' };
    const world = refusing({ ...stored, spec: { ...stored.spec, pvc } } as KubeObject);
    await world.remove(claimRef);
    await world.settle();
    await world.obey(await world.says('DrainStalled'));
    await world.settle();
    expect(await world.binding()).toBeUndefined();
  });
  test('of a claim without binding is told once, and ends when our finalizer is off', async () => {
    const world = refusing(make.fluentPVC());
    await world.clock.advance(70_000);
    await world.settle();
    await world.settle();
    const [told = '', ...more] = await world.events();
    expect(more).toEqual([]);
    expect(told).toMatch(/^RescueRefused: .*namespaces "rescue" not found/);
    expect(told).toContain(finalizers.claim);
    expect(told).not.toContain('kubectl annotate');
    await world.remove(claimRef);
    await world.settle();
    expect(await world.claim()).toBeUndefined();
    expect(await volumeOf(world)).toMatchObject(retained);
  });
  test('goes on when it is taken', async () => {
    const world = refusing(stored);
    await world.settle();
    world.api.refuse = () => undefined;
    await world.settle();
    expect(await world.binding()).toBeUndefined();
    expect(
      await world.api.get({ kind: 'FluentPVCBinding', namespace: 'rescue', name: NAME }),
    ).toMatchObject({ spec: { rescue: { volumeName: 'pv-1' } } });
  });
});

describe('a claim that has lost binding and FluentPVC', () => {
  const lost = async (): Promise<Living> => {
    const world = living(claim());
    await world.clock.advance(70_000);
    await world.settle();
    await world.settle();
    return world;
  };
  test('is told of once, and kept', async () => {
    const world = await lost();
    expect(await world.events()).toEqual([expect.stringMatching(/^FluentPVCMissing: /)]);
    expect(await world.claim()).toBeDefined();
  });
  test('gets its binding with the FluentPVC', async () => {
    const world = await lost();
    world.api.put(make.fluentPVC());
    await world.settle();
    expect(await world.binding()).toBeDefined();
  });
  test('and can be given up by the annotation that was named', async () => {
    const world = await lost();
    const [told = ''] = await world.events();
    world.api.put(make.fluentPVC());
    await world.settle();
    await world.obey(told);
    expect((await world.binding())?.metadata.annotations).toMatchObject({
      [annotations.release]: 'claim-uid',
    });
    await world.clock.advance(200_000);
    await world.settle();
    expect([await world.binding(), await world.claim()]).toEqual([undefined, undefined]);
  });
});
