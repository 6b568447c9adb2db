import { describe, expect, test } from '@jest/globals';
import { trimPod } from '../../../../controllers/trim.ts';
import type { Binding, Snapshot } from '../../../../src/api/binding.ts';
import { labels, UNUSED } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { Pod } from '../../../../src/api/pod.ts';
import type { Plan } from '../../../../src/core/plan.ts';
import { setup as deciding, type Setup } from '../../../support/deciding.ts';
import { at, make, NAME } from '../../../support/make.ts';
import { deeds, said } from '../../../support/said.ts';

/** The claim is there; the binding never was, or is gone. */
function setup(): Setup {
  const all = deciding({}, { claims: [make.claim()] }, [make.claim()]);
  all.caches.bindings.remove(make.binding());
  all.caches.fluentPVCs.set(make.fluentPVC());
  return all;
}
/** Nor does the API server have it. */
async function without(all: Setup): Promise<Setup> {
  const { name, uid } = make.binding().metadata;
  const ref = { kind: 'FluentPVCBinding', namespace: 'shop', name } as const;
  const body = { metadata: { finalizers: null } };
  await all.api.patch(ref, { type: 'merge', body });
  await all.api.delete(ref, { uid, propagation: 'Background' });
  all.api.requests.length = 0;
  return all;
}

describe('a claim without binding', () => {
  test('costs no request while the binding may be on its way', async () => {
    const { decide, clock, asked } = await without(setup());
    await clock.advance(69_999);
    expect(await decide()).toMatchObject({ writes: [], requeueAfterMs: 1 });
    expect(asked()).toEqual([]);
  });
  test('gets it back when it is nowhere', async () => {
    const { decide, clock, asked } = await without(setup());
    await clock.advance(70_000);
    expect(deeds((await decide()).writes)).toEqual(['create FluentPVCBinding']);
    expect(asked().toSorted()).toEqual(['get FluentPVCBinding', 'get PersistentVolumeClaim']);
  });
  describe('that a Pod mounts', () => {
    const tolerations = [{ key: 'dedicated', operator: 'Exists' }];
    const imagePullSecrets = [{ name: 'registry' }];
    const securityContext = { fsGroup: 1000 };
    const needs = { tolerations, imagePullSecrets, securityContext, runtimeClassName: 'gvisor' };
    const pod = make.pod({ spec: { ...make.pod().spec, ...needs } });
    const stranger = make.pod({ metadata: { name: 'a', uid: 'a-uid' }, spec: { volumes: [] } });
    const due = async (live: Stored<Pod>[]) => {
      const all = await without(setup());
      for (const one of live) all.api.put(one);
      // As the cache keeps them: what a drain needs is not among it.
      for (const one of [stranger, pod]) all.caches.pods.set(trimPod(one));
      await all.clock.advance(70_000);
      return all;
    };
    const madeBy = ({ writes: [write] }: Plan): Binding => {
      if (write?.verb !== 'create') throw new Error('nothing is created');
      return write.object as Binding;
    };
    const needsOf = ({ spec }: Binding): unknown =>
      (JSON.parse(spec.snapshot ?? '') as Snapshot).pod;

    test('gets it back with its name, and what a drain needs of it, read live', async () => {
      const { decide, asked } = await due([pod]);
      const binding = madeBy(await decide());
      expect(binding.spec.pod.name).toBe('app-0');
      expect(needsOf(binding)).toEqual(needs);
      expect(asked().filter((request) => request === 'get Pod')).toHaveLength(1);
    });
    test.each(Object.entries({ 'is gone': [], 'does not mount it any more': [stranger] }))(
      'as far as the cache knows, and that %s: nothing is known of it',
      async (_, live) => {
        const { metadata } = pod;
        const { decide } = await due(live.map((one) => ({ ...one, metadata })));
        const binding = madeBy(await decide());
        expect(binding.spec.pod.name).toBe('');
        expect(needsOf(binding)).toEqual({});
      },
    );
  });
  test('gets none where the cache of bindings is only late', async () => {
    const { decide, clock } = setup();
    await clock.advance(70_000);
    expect(await decide()).toMatchObject({ writes: [] });
  });
  test('costs no request, ever, where it is not ours', async () => {
    const { decide, clock, caches, asked } = await without(setup());
    caches.claims.set(make.claim({ metadata: { finalizers: [] } }));
    await clock.advance(3_600_000);
    expect(await decide()).toEqual({ writes: [], reason: expect.any(String) as unknown });
    expect(asked()).toEqual([]);
  });
});

describe('a claim whose admission failed', () => {
  const unused = make.claim({
    metadata: {
      labels: { ...make.claim().metadata.labels, [labels.state]: UNUSED },
      finalizers: [],
    },
  });
  test('goes at once, and costs no other request', async () => {
    const { decide, caches, asked } = await without(setup());
    caches.claims.set(unused);
    expect(deeds((await decide()).writes)).toEqual(['delete PersistentVolumeClaim']);
    expect(asked()).toEqual([]);
  });
  test('is nothing to drain for a binding that landed after all: that ends, and then the claim', async () => {
    const outOfUse = { conditions: [make.condition('OutOfUse')] };
    const spec = { pod: { name: '', uid: '' }, pvc: { name: NAME, uid: '' } };
    for (const content of [{ claims: [unused] }, {}]) {
      const { decide } = deciding(outOfUse, content, [unused], spec);
      expect(said(await decide())).toMatchObject({ PodMissing: 'True NothingCreated' });
    }
  });
});

describe('a binding that was made anew', () => {
  const anew = make.binding({
    metadata: { uid: 'anew-uid', creationTimestamp: at(90) },
    spec: { pod: { name: '', uid: '' }, pvc: { name: make.binding().spec.pvc.name, uid: '' } },
  });
  const decided = async (all: Setup): Promise<Plan> => {
    all.caches.pods.unbrokenSince = 0;
    all.caches.pods.resourceVersion = '100000';
    all.caches.bindings.set(anew);
    await all.clock.advance(200_000);
    return all.decide();
  };
  test('is as old as its claim, and proves no absence: what was seen may be forgotten', async () => {
    expect(said(await decided(await without(setup())))).toMatchObject({
      WriterMayBeAlive: 'True NodeUnknown',
    });
  });
  test('proves no absence where a Pod was seen before its predecessor went', async () => {
    const all = deciding({}, { claims: [make.claim()], pods: [make.pod()] }, [make.claim()]);
    all.caches.fluentPVCs.set(make.fluentPVC());
    all.caches.pods.remove(make.endedPod());
    all.caches.bindings.remove(make.binding());
    expect(said(await decided(all)) ?? {}).not.toHaveProperty('PodMissing');
  });
});
