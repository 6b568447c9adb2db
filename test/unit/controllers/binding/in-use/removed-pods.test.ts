import { describe, expect, test } from '@jest/globals';
import {
  rememberRemoved,
  type RemovedPods,
} from '../../../../../controllers/binding/in-use/removed-pods.ts';
import { labels } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import type { Pod } from '../../../../../src/api/pod.ts';
import { fakeCaches, type FakeCaches } from '../../../../support/fake-caches.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { KEY, make, T0 } from '../../../../support/make.ts';

const MINUTE = 60_000;

function setup(): FakeCaches & { clock: FakeClock; removed: RemovedPods; uids: () => string[] } {
  const clock = new FakeClock();
  const caches = fakeCaches({});
  const removed = rememberRemoved({ ...caches, clock });
  const uids = (): string[] => removed.of(KEY).map(({ pod: { metadata } }) => metadata.uid);
  return { ...caches, clock, removed, uids };
}
const pod = (uid: string, change: object = {}): Stored<Pod> =>
  make.endedPod({ metadata: { uid, ...change } });
/** A Pod of another binding, with that one's claim. */
const podOf = (binding: string, uid: string): Stored<Pod> =>
  make.endedPod({
    metadata: { uid, labels: { [labels.binding]: binding } },
    spec: { volumes: [{ name: 'logs', persistentVolumeClaim: { claimName: binding } }] },
  });

test('every Pod with the label of the binding, whether anybody has that binding or not', () => {
  const { pods, bindings, removed, uids } = setup();
  pods.remove(pod('a'));
  bindings.set(make.binding());
  pods.remove(pod('b'));
  expect(uids()).toEqual(['a', 'b']);
  expect(removed.of(KEY)).toEqual([
    { pod: pod('a'), at: T0 },
    { pod: pod('b'), at: T0 },
  ]);
  expect(removed.of('shop/another')).toEqual([]);
});

test('as it was last, and when', async () => {
  const { pods, clock, removed } = setup();
  pods.remove(make.pod());
  await clock.advance(3_000);
  pods.remove(make.endedPod());
  expect(removed.of(KEY)).toEqual([{ pod: make.endedPod(), at: T0 + 3_000 }]);
});

test('none without the label, and none of another binding', () => {
  const { pods, uids } = setup();
  pods.remove(pod('a', { labels: {} }));
  pods.remove(podOf('another', 'b'));
  pods.remove(pod('c', { namespace: 'elsewhere' }));
  expect(uids()).toEqual([]);
});

test('none that does not mount the claim: anybody may give a Pod our label', () => {
  const { pods, removed } = setup();
  const other = { name: 'other', persistentVolumeClaim: { claimName: 'other' } };
  for (const volumes of [[], [other]]) pods.remove(make.pod({ spec: { volumes } }));
  expect(removed.of(KEY)).toEqual([]);
});

test('not one that came again, nor one whose end was missed; the others stay', () => {
  const { pods, uids } = setup();
  for (const uid of ['a', 'b', 'c']) pods.remove(pod(uid));
  pods.set(pod('a'));
  pods.remove(pod('b'), 'missed');
  expect(uids()).toEqual(['c']);
});

test('not what is to be forgotten', () => {
  const { pods, removed, uids } = setup();
  pods.remove(pod('a'));
  removed.forget(KEY);
  expect(uids()).toEqual([]);
});

test('without a binding for 10 minutes: a watch of bindings may be that late', async () => {
  const { pods, clock, uids } = setup();
  const other = podOf('another', 'x');
  pods.remove(pod('a'));
  await clock.advance(10 * MINUTE - 1);
  pods.remove(other);
  expect(uids()).toEqual(['a']);
  await clock.advance(1);
  pods.remove(other);
  expect(uids()).toEqual([]);
});

test('with a binding for as long as that is there, and the next ones expire all the same', async () => {
  const { pods, bindings, clock, removed, uids } = setup();
  bindings.set(make.binding());
  pods.remove(pod('a'));
  pods.remove(podOf('another', 'x'));
  await clock.advance(60 * MINUTE);
  pods.remove(podOf('third', 'y'));
  expect(uids()).toEqual(['a']);
  expect(removed.of('shop/another')).toEqual([]);
  expect(removed.of('shop/third')).toHaveLength(1);
});

describe('what has expired is no proof that it was not there', () => {
  test('up to the newest of it', async () => {
    const { pods, clock, removed } = setup();
    expect(removed.expiredUpTo).toBe(-Infinity);
    pods.remove(pod('a'));
    await clock.advance(MINUTE);
    pods.remove(pod('b'));
    await clock.advance(10 * MINUTE - 1);
    pods.remove(podOf('another', 'x'));
    expect(removed.expiredUpTo).toBe(T0 + MINUTE);
    await clock.advance(10 * MINUTE);
    pods.remove(podOf('third', 'y'));
    expect(removed.expiredUpTo).toBe(T0 + 11 * MINUTE - 1);
  });
  test('and what was forgotten because it was told to be, or is still known, does not count', async () => {
    const { pods, bindings, clock, removed } = setup();
    bindings.set(make.binding());
    pods.remove(pod('a'));
    pods.remove(podOf('another', 'x'));
    removed.forget('shop/another');
    await clock.advance(10 * MINUTE);
    pods.remove(podOf('third', 'y'));
    expect(removed.expiredUpTo).toBe(-Infinity);
  });
});
