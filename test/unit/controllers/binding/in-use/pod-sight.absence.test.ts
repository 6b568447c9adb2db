import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../../../../src/api/binding.ts';
import { labels } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import { at, make, NAME, T0 } from '../../../../support/make.ts';
import { stranger, setup } from '../../../../support/finding.ts';

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
  test('is not proven before the watch has passed the list', async () => {
    const { find, caches } = setup(older);
    caches.pods.unbrokenSince = T0 - 60_000;
    caches.pods.resourceVersion = '99';
    expect(await find(later)).toEqual(unseen('unproven'));
  });
  const clocks: Record<string, { servedAt: number | null; sight: string }> = {
    'is 65 s ahead of that of the API server': { servedAt: later - 65_000, sight: 'unproven' },
    'is a little ahead of that of the API server': { servedAt: later - 1, sight: 'unproven' },
    'agrees with that of the API server': { servedAt: later, sight: 'proven' },
    'is behind that of the API server': { servedAt: later + 65_000, sight: 'proven' },
    'cannot be compared: the API server does not say its time': {
      servedAt: null,
      sight: 'unproven',
    },
  };
  test.each(Object.entries(clocks))('where our clock %s', async (_, { servedAt, sight }) => {
    const { find } = setup(older);
    expect(await find(later, T0, older, servedAt)).toEqual(unseen(sight));
  });
  test('is proven by a later list, when the API server says that enough time went by', async () => {
    const { find, asked } = setup(older);
    await find(later, T0, older, later - 65_000);
    expect(await find(later + 65_000, T0, older, later)).toEqual(unseen('proven'));
    expect(asked()).toEqual(['list Pod', 'list Pod']);
  });
  const unprovable: Record<string, { since: number; version: string }> = {
    'by a watch that was broken since': { since: T0 + 1, version: '200' },
    'by a watch that may have begun later, by another clock': {
      since: T0 - 10_000,
      version: '200',
    },
    'by a watch that has not begun': { since: Number.POSITIVE_INFINITY, version: '' },
  };
  test.each(Object.entries(unprovable))('cannot be proven: %s', async (_, { since, version }) => {
    const { find, caches } = setup(older);
    caches.pods.unbrokenSince = since;
    caches.pods.resourceVersion = version;
    expect(await find(later)).toEqual(unseen('unprovable'));
  });
  test('and cannot be proven absent is asked for each time, and may be there after all', async () => {
    const { find, caches, api, asked } = setup(older);
    caches.pods.unbrokenSince = T0;
    expect(await find(later)).toEqual(unseen('unprovable'));
    api.put(make.pod());
    expect(await find(later + 60_000)).toMatchObject({ kind: 'present' });
    expect(asked()).toEqual(['list Pod', 'list Pod']);
  });
  test('cannot be proven where somebody was forgotten whom nobody knew, since its admission', async () => {
    const { find, caches, clock } = setup(older);
    caches.pods.unbrokenSince = 0;
    // Of bindings that never came; of each we remember for 10 minutes that it was there.
    const claim = { name: 'logs', persistentVolumeClaim: { claimName: 'other' } };
    const other = make.pod({
      metadata: { labels: { [labels.binding]: 'other' } },
      spec: { volumes: [claim] },
    });
    caches.pods.remove(other);
    await clock.advance(600_000);
    caches.pods.remove(other);
    // The clocks of API server and operator may be 10 s apart.
    expect(await find(T0 + 700_000, T0 + 10_000)).toEqual(unseen('unprovable'));
    expect(await find(T0 + 700_000, T0 + 10_001)).toEqual(unseen('proven'));
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
  test('by this watch, but by the one that brings its binding late: it is gone, not absent', async () => {
    const { find, caches } = setup(older);
    caches.bindings.remove(older);
    caches.pods.set(make.pod());
    caches.pods.remove(make.endedPod());
    caches.bindings.set(older);
    expect(await find(later)).toMatchObject({ kind: 'gone', last: make.endedPod() });
  });
  test('is not the Pod of another binding', async () => {
    const { find, caches } = setup(older);
    const labelled = { ...make.endedPod().metadata, labels: { [labels.binding]: 'other' } };
    caches.pods.remove({ ...make.endedPod(), metadata: labelled });
    expect(await find(T0 + 5_000)).toEqual(unseen('unproven'));
  });
  test('is as old as its admission, not as its binding', async () => {
    const anew = (seconds: number): Stored<Binding> =>
      make.binding({
        metadata: { creationTimestamp: at(seconds) },
        spec: { pod: { name: 'app-0', uid: '' } },
      });
    const late = setup(anew(59));
    late.caches.pods.unbrokenSince = T0 + 30_000;
    expect(await late.find(later, T0)).toEqual(unseen('unprovable'));
    late.caches.pods.unbrokenSince = T0 - 60_000;
    expect(await late.find(later, T0)).toEqual(unseen('proven'));
  });
  test('is never proven of a binding that was made anew: who was seen is forgotten', async () => {
    const anew = make.binding({
      metadata: { creationTimestamp: at(60) },
      spec: { pod: { name: 'app-0', uid: '' } },
    });
    const { find, caches } = setup(anew);
    caches.pods.unbrokenSince = T0 - 60_000;
    expect(await find(T0 + 3_600_000, T0)).toEqual(unseen('unprovable'));
  });
});
