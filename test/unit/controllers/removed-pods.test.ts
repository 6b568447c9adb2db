import { expect, test } from '@jest/globals';
import { rememberRemoved, type RemovedPods } from '../../../controllers/removed-pods.ts';
import { labels } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { fakeCaches, type FakeCaches } from '../../support/fake-caches.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { KEY, make } from '../../support/make.ts';

const MINUTE = 60_000;

function setup(): FakeCaches & { clock: FakeClock; removed: RemovedPods; uids: () => string[] } {
  const clock = new FakeClock();
  const caches = fakeCaches({});
  const removed = rememberRemoved({ ...caches, clock });
  const uids = (): string[] => removed.of(KEY).map(({ metadata }) => metadata.uid);
  return { ...caches, clock, removed, uids };
}
const pod = (uid: string, change: object = {}): Stored<Pod> =>
  make.endedPod({ metadata: { uid, ...change } });

test('every Pod with the label of the binding, whether anybody has that binding or not', () => {
  const { pods, bindings, removed, uids } = setup();
  pods.remove(pod('a'));
  bindings.set(make.binding());
  pods.remove(pod('b'));
  expect(uids()).toEqual(['a', 'b']);
  expect(removed.of(KEY)).toEqual([pod('a'), pod('b')]);
  expect(removed.of('shop/another')).toEqual([]);
});

test('as it was last', () => {
  const { pods, removed } = setup();
  pods.remove(make.pod());
  pods.remove(make.endedPod());
  expect(removed.of(KEY)).toEqual([make.endedPod()]);
});

test('none without the label, and none of another binding', () => {
  const { pods, uids } = setup();
  pods.remove(pod('a', { labels: {} }));
  pods.remove(pod('b', { labels: { [labels.binding]: 'another' } }));
  pods.remove(pod('c', { namespace: 'elsewhere' }));
  expect(uids()).toEqual([]);
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
  const other = pod('x', { labels: { [labels.binding]: 'another' } });
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
  pods.remove(pod('x', { labels: { [labels.binding]: 'another' } }));
  await clock.advance(60 * MINUTE);
  pods.remove(pod('y', { labels: { [labels.binding]: 'third' } }));
  expect(uids()).toEqual(['a']);
  expect(removed.of('shop/another')).toEqual([]);
  expect(removed.of('shop/third')).toHaveLength(1);
});
