import { describe, expect, test } from '@jest/globals';
import type { BindingStatus } from '../../../../../src/api/binding.ts';
import { finalizers } from '../../../../../src/api/names.ts';
import { outOfUse, setup, snapshot, type Setup } from '../../../../support/deciding.ts';
import { bound, free, going, shop } from '../../../../support/leaving.ts';
import { at, make } from '../../../../support/make.ts';
import { newClaim } from '../../../../support/rescuing.ts';
import { deeds } from '../../../../support/said.ts';

const inUse = make.claim({
  metadata: { deletionTimestamp: at(1), finalizers: [finalizers.claim, finalizers.claimInUse] },
  spec: bound,
});
const RESCUE = ['patch PersistentVolume', 'create FluentPVCBinding'];
const ready: BindingStatus = { nodeName: 'node-1', conditions: [make.condition('Ready')] };

/** Its claim is free, its namespace goes. */
const left = (status: BindingStatus): Setup =>
  setup(status, { claims: [free], namespaces: [going] }, [going, free, make.volume()]);

describe('a binding whose namespace goes', () => {
  test('while its claim is drained is rescued as soon as no Pod keeps that', async () => {
    const { decide } = left(outOfUse);
    const { writes } = await decide();
    expect(deeds(writes)).toEqual(RESCUE);
    expect(writes).toMatchObject([
      {},
      { object: { spec: { snapshot, rescue: { podOver: true } } } },
    ]);
  });
  test('waits as long as Pods keep the claim, and makes no Job in vain', async () => {
    const { decide } = setup(outOfUse, { claims: [inUse], namespaces: [going] }, [going, inUse]);
    expect((await decide()).writes).toEqual([]);
  });
  test('is drained where it is when its Job has succeeded just then', async () => {
    const status = { conditions: [{ type: 'Complete', status: 'True' }] };
    const { decide } = setup(
      outOfUse,
      { claims: [inUse], namespaces: [going], jobs: [make.job({ status })] },
      [going, inUse],
    );
    expect(deeds((await decide()).writes)).toEqual(['patch FluentPVCBinding status']);
  });
  test('and whose Pod was seen to end records that first', async () => {
    const { decide, caches } = setup(
      ready,
      { claims: [free], namespaces: [going], pods: [make.endedPod()] },
      [going, free, make.volume()],
    );
    caches.pods.remove(make.endedPod());
    expect(deeds((await decide()).writes)).toEqual(['patch FluentPVCBinding status']);
  });
  test('and whose Pod may still write is waited for elsewhere, with its node', async () => {
    const { decide } = left(ready);
    const { writes } = await decide();
    expect(deeds(writes)).toEqual(RESCUE);
    expect(writes).toMatchObject([
      {},
      { object: { spec: { rescue: { podOver: false, nodeName: 'node-1' } } } },
    ]);
  });
  test('is left alone while its Pod is there', async () => {
    const { decide } = setup(ready, { claims: [inUse], namespaces: [going], pods: [make.pod()] }, [
      going,
      inUse,
    ]);
    expect(deeds((await decide()).writes)).not.toContain('create FluentPVCBinding');
  });
  test('is not rescued because a namespace of that name went before', async () => {
    const { decide } = setup(outOfUse, { claims: [make.claim()], namespaces: [going] }, [
      shop(),
      make.claim(),
    ]);
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
  });
  test('is not rescued by a look at a binding that has changed meanwhile', async () => {
    const { decide, api } = left(outOfUse);
    api.put(make.binding({ status: outOfUse, spec: { snapshot } }));
    expect((await decide()).writes).toEqual([]);
  });
});

describe('a claim without binding in a namespace that goes', () => {
  const orphan = { claims: [free], namespaces: [going], fluentPVCs: [make.fluentPVC()] };
  const withoutBinding = (): ReturnType<typeof setup> => {
    const made = setup(outOfUse, orphan, [going, free, make.volume()]);
    made.caches.bindings.remove(make.binding());
    return made;
  };
  test('is rescued with a binding that is made elsewhere', async () => {
    const { decide, api, clock } = withoutBinding();
    await api.delete(
      { kind: 'FluentPVCBinding', namespace: 'shop', name: make.binding().metadata.name },
      { uid: 'binding-uid', propagation: 'Background' },
    );
    const gone = make.binding({ metadata: { deletionTimestamp: at(1), finalizers: [] } });
    api.put(gone);
    await clock.advance(70_000);
    const { writes } = await decide();
    expect(deeds(writes)).toEqual(RESCUE);
    expect(writes).toMatchObject([
      {},
      { object: { metadata: { namespace: 'rescue' }, spec: { rescue: { namespace: 'shop' } } } },
    ]);
  });
  test('is left to its binding where there is one', async () => {
    const { decide, clock } = withoutBinding();
    await clock.advance(70_000);
    expect((await decide()).writes).toEqual([]);
  });
});

describe('a binding whose claim was deleted', () => {
  const deleted = make.claim({ metadata: { deletionTimestamp: at(1) }, spec: bound });
  test('rescues the volume', async () => {
    const { decide } = setup(outOfUse, { claims: [deleted] }, [deleted, make.volume()]);
    expect(deeds((await decide()).writes)).toEqual([
      'patch FluentPVCBinding',
      'event VolumeRescued',
    ]);
  });
  test('rescues it by what it has noted of a claim that is gone', async () => {
    const status = { ...outOfUse, volumeName: 'pv-1' };
    const { decide } = setup(status, {}, [make.volume()]);
    expect(deeds((await decide()).writes)).toEqual([
      'patch FluentPVCBinding',
      'event VolumeRescued',
    ]);
  });
  const rescue = {
    namespace: 'shop',
    pvc: { name: free.metadata.name, uid: 'claim-uid' },
    volumeName: 'pv-1',
    podOver: true,
  };
  test('is drained by its new claim', async () => {
    const status = { conditions: [make.condition('OutOfUse'), make.condition('Rescued')] };
    const { decide } = setup(status, { claims: [newClaim('shop')] }, [], { snapshot, rescue });
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
  });
  test('goes on step by step', async () => {
    const { decide, asked } = setup(outOfUse, { claims: [free] }, [free, make.volume()], {
      snapshot,
      rescue,
    });
    const plan = await decide();
    expect(deeds(plan.writes)).toEqual(['patch FluentPVCBinding status', 'patch PersistentVolume']);
    expect(asked()).toEqual(['get PersistentVolume']);
  });
});
