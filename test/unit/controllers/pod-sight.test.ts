import { describe, expect, test } from '@jest/globals';
import { createPodFinder } from '../../../controllers/pod-sight.ts';
import { labels } from '../../../src/api/names.ts';
import type { KubeObject, Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { fakeCaches, type FakeCaches } from '../../support/fake-caches.ts';
import { at, KEY, make, NAME, T0 } from '../../support/make.ts';
import { memoryApi, type MemoryApi } from '../../support/memory-api.ts';

const known = make.binding({ status: { nodeName: 'node-1' } });
const unknown = make.binding({
  spec: { pod: { name: '', uid: '' }, pvc: { name: NAME, uid: '' } },
});
const stranger = make.pod({ metadata: { name: 'x', uid: 'x-uid' }, spec: { volumes: [] } });
const node = (change: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  ...{ status: { conditions: [{ type: 'Ready', status: 'True' }] } },
  ...change,
});
const nodeLease = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'node-1', namespace: 'kube-node-lease' },
  spec: { renewTime: '2026-01-01T00:00:30.500000Z' },
};

interface Setup {
  caches: FakeCaches;
  api: MemoryApi;
  find: (now?: number) => ReturnType<ReturnType<typeof createPodFinder>['find']>;
  asked: () => string[];
  forget: () => void;
}
function setup(binding = known, cached: Stored<Pod>[] = [], live: KubeObject[] = []): Setup {
  const caches = fakeCaches({ bindings: [binding], pods: cached });
  const api = memoryApi(...live);
  const finder = createPodFinder({ ...caches, client: api });
  return {
    caches,
    api,
    find: (now = T0 + 100_000) => finder.find(binding, now, new AbortController().signal),
    asked: () => api.requests.map(({ verb, kind }) => `${verb} ${kind}`),
    forget: () => {
      finder.forget(KEY);
    },
  };
}

describe('a Pod that the cache shows running', () => {
  test('is there, and nothing is asked', async () => {
    const { find, asked } = setup(known, [make.pod()]);
    expect(await find()).toEqual({ kind: 'present', pod: make.pod(), watched: true });
    expect(asked()).toEqual([]);
  });
  test('counts for its binding by label and claim, whatever its name', async () => {
    const other = make.pod({ metadata: { name: 'other', uid: 'other-uid' } });
    expect(await setup(known, [other]).find()).toMatchObject({ kind: 'present', pod: other });
  });
  test('does not count when it does not mount the claim', async () => {
    expect(await setup(known, [stranger]).find()).toMatchObject({ kind: 'gone' });
  });
});

describe('a Pod that seems to be over is read live', () => {
  test('and is there, as it is now, watched while the cache has it', async () => {
    const { find, asked } = setup(known, [make.endedPod()], [make.pod()]);
    expect(await find()).toMatchObject({
      kind: 'present',
      watched: true,
      pod: { status: { phase: 'Running' } },
    });
    expect(asked()).toEqual(['get Pod']);
  });
  test('and is there, only its label was taken off: not watched', async () => {
    const bare = make.pod({ metadata: { labels: {} } });
    const { find, caches } = setup(known, [make.pod()], [bare]);
    caches.pods.remove(make.pod());
    expect(await find()).toMatchObject({ kind: 'present', watched: false });
  });
  test('and what the watch said of its end is forgotten then', async () => {
    const { find, caches, api } = setup(known, [], [make.pod(), node()]);
    caches.pods.remove(make.endedPod());
    await find();
    await api.delete(
      { kind: 'Pod', namespace: 'shop', name: 'app-0' },
      { uid: 'pod-uid', propagation: 'Background' },
    );
    expect(await find()).toMatchObject({ kind: 'gone', last: undefined });
  });
  test('and is another one by now: gone', async () => {
    const successor = make.pod({ metadata: { uid: 'successor-uid' } });
    expect(await setup(known, [], [successor]).find()).toMatchObject({ kind: 'gone' });
  });
});

describe('of a Pod that is gone', () => {
  test('the end is known as the watch told it, and no node is asked', async () => {
    const { find, caches, asked } = setup(known);
    caches.pods.remove(make.endedPod());
    expect(await find()).toEqual({
      kind: 'gone',
      last: make.endedPod(),
      node: { kind: 'unknown' },
    });
    expect(asked()).toEqual(['get Pod']);
  });
  test('the end is known as the cache still shows it', async () => {
    for (const binding of [known, unknown]) {
      const { find, asked } = setup(binding, [make.endedPod()]);
      expect(await find()).toMatchObject({ kind: 'gone', last: make.endedPod() });
      expect(asked()).toEqual(['get Pod']);
    }
  });
  test('who it was is known from the watch, where the binding does not know', async () => {
    const { find, caches } = setup(unknown);
    caches.pods.remove(make.endedPod());
    expect(await find()).toMatchObject({ kind: 'gone', last: make.endedPod() });
  });
  test('it was never scheduled: no node is asked', async () => {
    const { nodeName, ...spec } = make.pod().spec;
    const { find, caches, asked } = setup(make.binding());
    caches.pods.remove({ ...make.pod(), spec, status: { phase: 'Pending' } });
    await find();
    expect(asked()).toEqual(['get Pod']);
  });
  test('nothing is known where only a list has missed it', async () => {
    const { find, caches } = setup(known);
    caches.pods.remove(make.endedPod(), 'missed');
    expect(await find()).toMatchObject({ kind: 'gone', last: undefined });
  });
  test('what was seen before it came again does not count', async () => {
    const { find, caches } = setup(known);
    caches.pods.remove(make.endedPod());
    caches.pods.set(make.pod());
    caches.pods.remove(make.pod(), 'missed');
    expect(await find()).toMatchObject({ kind: 'gone', last: undefined });
  });
  test('the end of another Pod says nothing', async () => {
    const { find, caches } = setup(known);
    caches.pods.remove(make.endedPod({ metadata: { uid: 'successor-uid' } }));
    expect(await find()).toMatchObject({ kind: 'gone', last: undefined });
  });
  test('what was remembered goes with the binding, and when it is told to forget', async () => {
    const { find, caches, forget } = setup(known);
    caches.pods.remove(make.endedPod());
    forget();
    expect(await find()).toMatchObject({ last: undefined });
    caches.pods.remove(make.endedPod());
    caches.bindings.remove(known);
    expect(await find()).toMatchObject({ last: undefined });
  });
});

describe('the node of a Pod that went while it ran', () => {
  const cases: Record<string, { live: KubeObject[]; sight: object }> = {
    'is gone': { live: [], sight: { kind: 'gone', name: 'node-1' } },
    'is Ready, and its kubelet was heard': {
      live: [node(), nodeLease],
      sight: {
        kind: 'present',
        name: 'node-1',
        ready: true,
        outOfService: false,
        renewedAt: T0 + 30_500,
      },
    },
    'is not Ready, and has no Lease': {
      live: [node({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })],
      sight: { kind: 'present', ready: false, renewedAt: undefined },
    },
    'says nothing of itself': {
      live: [node({ status: {} })],
      sight: { kind: 'present', ready: false, outOfService: false },
    },
    'is out of service': {
      live: [
        node({ spec: { taints: [{ key: 'a' }, { key: 'node.kubernetes.io/out-of-service' }] } }),
      ],
      sight: { kind: 'present', outOfService: true },
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { live, sight }) => {
    const { find, caches } = setup(known, [], live);
    caches.pods.remove(make.pod());
    expect(await find()).toMatchObject({ kind: 'gone', last: make.pod(), node: sight });
  });
  test('is known from the binding where nothing of the end was seen', async () => {
    const { find } = setup(known, [], [node()]);
    expect(await find()).toMatchObject({ last: undefined, node: { name: 'node-1' } });
  });
  test('was never learned', async () => {
    const { find, asked } = setup(make.binding());
    expect(await find()).toEqual({ kind: 'gone', last: undefined, node: { kind: 'unknown' } });
    expect(asked()).toEqual(['get Pod']);
  });
});

describe('a Pod that was never seen', () => {
  const older = make.binding({
    metadata: { creationTimestamp: at(0) },
    spec: { pod: { name: 'app-0', uid: '' }, pvc: { name: NAME, uid: '' } },
  });
  const later = T0 + 70_000;
  const unseen = (absence: string): object => ({ kind: 'unseen', absence });

  test('is not asked for while it may still arrive', async () => {
    const { find, asked } = setup(older);
    expect(await find(later - 1)).toEqual(unseen('unproven'));
    expect(asked()).toEqual([]);
  });
  test('never existed: listed live, and the unbroken watch has passed that', async () => {
    const { find, caches, asked } = setup(older);
    caches.pods.unbrokenSince = T0 - 10_001;
    caches.pods.resourceVersion = '100';
    expect(await find(later)).toEqual(unseen('proven'));
    expect(asked()).toEqual(['list Pod']);
  });
  const unproven: Record<string, { since: number; version: string }> = {
    'before the watch has passed the list': { since: T0 - 60_000, version: '99' },
    'of a watch that was broken since': { since: T0 + 1, version: '200' },
    'of a watch that may have begun later, by another clock': {
      since: T0 - 10_000,
      version: '200',
    },
    'of a watch that has not begun': { since: Number.POSITIVE_INFINITY, version: '' },
  };
  test.each(Object.entries(unproven))('is not proven: %s', async (_, { since, version }) => {
    const { find, caches } = setup(older);
    caches.pods.unbrokenSince = since;
    caches.pods.resourceVersion = version;
    expect(await find(later)).toEqual(unseen('unproven'));
  });
  test('versions are numbers: 1000 has passed 999', async () => {
    const { find, caches, api } = setup(older);
    caches.pods.unbrokenSince = 0;
    caches.pods.resourceVersion = '1000';
    for (let count = 0; count < 899; count += 1) api.put(make.claim());
    expect(await find(later)).toEqual(unseen('proven'));
  });
  test('is listed once, and proven when the watch gets there', async () => {
    const { find, caches, asked, forget } = setup(older);
    caches.pods.unbrokenSince = 0;
    caches.pods.resourceVersion = '99';
    await find(later);
    caches.pods.resourceVersion = '100';
    expect(await find(later + 60_000)).toEqual(unseen('proven'));
    expect(asked()).toEqual(['list Pod']);
    forget();
    await find(later);
    expect(asked()).toHaveLength(2);
  });
  test('is there after all: the watch is only late', async () => {
    const { find } = setup(older, [], [stranger, make.pod()]);
    expect(await find(later)).toMatchObject({ kind: 'present', pod: { spec: make.pod().spec } });
  });
  test('is none where only a stranger has our label', async () => {
    const { find } = setup(older, [], [stranger]);
    expect(await find(later)).toMatchObject({ kind: 'unseen' });
  });
  test('is not the stranger with our label that came and went', async () => {
    const { find, caches } = setup(older);
    caches.pods.set(stranger);
    caches.pods.remove({ ...stranger, status: { phase: 'Succeeded' } });
    expect(await find(T0 + 5_000)).toEqual(unseen('unproven'));
  });
  test('of a binding that nobody has is not remembered', async () => {
    const { find, caches } = setup(older);
    const labelled = { ...make.endedPod().metadata, labels: { [labels.binding]: 'other' } };
    caches.pods.remove({ ...make.endedPod(), metadata: labelled });
    expect(await find(T0 + 5_000)).toEqual(unseen('unproven'));
  });
});
