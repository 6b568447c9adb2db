import { describe, expect, test } from '@jest/globals';
import { labels, annotations } from '../../../src/api/names.ts';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import type { KubeObject, Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { createPodObserver } from '../../../webhook/pod-observer.ts';
import type { PodObservation } from '../../../webhook/pod-plan.ts';
import { fakeCache } from '../../support/fake-cache.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make, NAME, T0 } from '../../support/make.ts';
import { memoryApi, refusal } from '../../support/memory-api.ts';

const named = (kind: string, name: string, own?: Record<string, string>): Stored<KubeObject> => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name,
    uid: `${name}-uid`,
    resourceVersion: '1',
    creationTimestamp: '',
    ...(own === undefined ? {} : { labels: own }),
  },
});

interface Content {
  fluentPVCs?: Stored<FluentPVC>[];
  namespaces?: Stored<KubeObject>[];
  storageClasses?: Stored<KubeObject>[];
  live?: KubeObject[];
}
function setup({ fluentPVCs = [make.fluentPVC()], ...content }: Content = {}) {
  const api = memoryApi(...(content.live ?? []));
  const caches = {
    fluentPVCs: fakeCache<FluentPVC>(fluentPVCs),
    namespaces: fakeCache<KubeObject>(content.namespaces ?? []),
    storageClasses: fakeCache<KubeObject>(content.storageClasses ?? []),
  };
  const clock = new FakeClock();
  const observe = createPodObserver({ caches, client: api, clock, defaults: make.defaults });
  return {
    api,
    look: (pod: Pod = make.newPod()): Promise<PodObservation> =>
      observe({ uid: 'request-uid', namespace: 'shop', pod }, new AbortController().signal),
    asked: () => api.requests.map(({ verb, kind }) => `${verb} ${kind}`),
  };
}
const selective = make.fluentPVC({ spec: { namespaceSelector: { matchLabels: { team: 'red' } } } });
const withMeta = (more: Pod['metadata']): Pod => {
  const { metadata } = make.newPod();
  return make.newPod({
    metadata: { ...metadata, ...more, labels: { ...metadata.labels, ...more.labels } },
  });
};

test('on the warm path nothing is read', async () => {
  const { look, asked } = setup();
  expect(await look()).toMatchObject({ now: T0, fluentPVC: make.fluentPVC(), arrival: undefined });
  expect(asked()).toEqual([]);
});

test.each(['', '.', '..', 'a/b', 'A'])(
  'a FluentPVC of the name "%s" is not asked for',
  async (name) => {
    const { look, asked } = setup({ fluentPVCs: [] });
    const pod = make.newPod({
      metadata: { labels: { [labels.fluentPVC]: name, [labels.binding]: name } },
    });
    expect(await look(pod)).toMatchObject({ fluentPVC: undefined, arrival: { taken: false } });
    expect(asked()).toEqual([]);
  },
);

test('a FluentPVC that is being deleted as far as we know is read live before the denial', async () => {
  const going = make.fluentPVC({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
  const { look, asked } = setup({ fluentPVCs: [going], live: [make.fluentPVC()] });
  expect((await look()).fluentPVC?.metadata.deletionTimestamp).toBeUndefined();
  expect(asked()).toEqual(['get FluentPVC']);
});

describe('the namespace', () => {
  const red = named('Namespace', 'shop', { team: 'red' });
  const blue = named('Namespace', 'shop', { team: 'blue' });
  test('is of no interest where the FluentPVC does not select', async () => {
    const { look, asked } = setup({ live: [red] });
    expect((await look()).namespaceLabels).toBeUndefined();
    expect(asked()).toEqual([]);
  });
  test('is known from the cache where it is selected', async () => {
    const { look, asked } = setup({ fluentPVCs: [selective], namespaces: [red] });
    expect((await look()).namespaceLabels).toEqual({ team: 'red' });
    expect(asked()).toEqual([]);
  });
  test.each([[[]], [[blue]]])('is read live before a denial (cached: %j)', async (namespaces) => {
    const { look, asked } = setup({ fluentPVCs: [selective], namespaces, live: [red] });
    expect((await look()).namespaceLabels).toEqual({ team: 'red' });
    expect(asked()).toEqual(['get Namespace']);
  });
});

describe('the storage class that a Pod asks for', () => {
  const fast = named('StorageClass', 'fast');
  const asking = (name: string): Pod =>
    withMeta({ annotations: { [annotations.override('storage-class-name')]: name } });
  test('is known from the cache', async () => {
    const { look, asked } = setup({ storageClasses: [fast] });
    expect((await look(asking('fast'))).storageClassExists).toBe(true);
    expect(asked()).toEqual([]);
  });
  test('is read live before a denial', async () => {
    const { look, asked } = setup({ live: [fast] });
    expect((await look(asking('fast'))).storageClassExists).toBe(true);
    expect(asked()).toEqual(['get StorageClass']);
  });
  test('is not there', async () => {
    expect((await setup().look(asking('slow'))).storageClassExists).toBe(false);
  });
  test('has a name: that of none is not asked for', async () => {
    const { look, asked } = setup({ live: [fast] });
    expect((await look(asking(''))).storageClassExists).toBe(false);
    expect(asked()).toEqual([]);
  });
});

describe('a Pod that arrives with the label of a binding', () => {
  const pod = withMeta({ labels: { [labels.binding]: NAME } });
  test('is looked up live', async () => {
    const { look, asked } = setup({ live: [make.binding(), make.pod()] });
    expect((await look(pod)).arrival).toMatchObject({
      binding: { metadata: { name: NAME } },
      taken: true,
    });
    expect(asked().toSorted()).toEqual(['get FluentPVCBinding', 'list Pod']);
  });
  test('whose binding is in another namespace has none', async () => {
    const other = make.binding({ metadata: { namespace: 'other' } });
    const { look } = setup({ live: [other] });
    expect((await look(pod)).arrival).toEqual({ binding: undefined, taken: false });
  });
  test('that is empty has none, and none is asked for', async () => {
    const { look, asked } = setup({ live: [make.binding()] });
    const empty = withMeta({ labels: { [labels.binding]: '' } });
    expect((await look(empty)).arrival).toEqual({ binding: undefined, taken: false });
    expect(asked()).toEqual([]);
  });
  test('cannot be decided on where the API server refuses', async () => {
    const { api, look } = setup();
    api.refuse = () => refusal(500, 'InternalError');
    await expect(look(pod)).rejects.toMatchObject({ code: 500 });
  });
});
