import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../../src/api/object.ts';
import { at, make, T0 } from '../../../../support/make.ts';
import { known, unknown, stranger, node, nodeLease, setup } from '../../../../support/finding.ts';

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

describe('a Pod that is being deleted', () => {
  const deleted = make.pod({ metadata: { deletionTimestamp: at(60) } });
  const down = node({ status: {} });
  test('is there, and its node is asked only when it should have gone 30 s ago', async () => {
    const { find, asked } = setup(known, [deleted], [down]);
    expect(await find(T0 + 89_999)).not.toHaveProperty('stuckOn');
    expect(asked()).toEqual([]);
    expect(await find(T0 + 90_000)).toMatchObject({
      kind: 'present',
      watched: true,
      stuckOn: { kind: 'present', name: 'node-1', ready: false },
    });
    expect(asked().toSorted()).toEqual(['get Lease', 'get Node']);
  });
  test('is there, and stuck, also where its label was taken off', async () => {
    const metadata = { ...deleted.metadata, labels: {}, finalizers: ['example.com/keep'] };
    const bare = { ...deleted, metadata };
    const { find, caches } = setup(known, [deleted], [bare]);
    caches.pods.remove(deleted);
    expect(await find()).toMatchObject({
      kind: 'present',
      watched: false,
      stuckOn: { kind: 'gone', name: 'node-1' },
    });
  });
  test('and has ended is not stuck', async () => {
    const finalizers = ['example.com/keep'];
    const ended = make.endedPod({ metadata: { deletionTimestamp: at(60), finalizers } });
    const { find } = setup(known, [ended], [ended]);
    expect(await find()).not.toHaveProperty('stuckOn');
  });
  test('and never had a node is not stuck', async () => {
    const { nodeName: _, ...spec } = deleted.spec;
    expect(await setup(known, [{ ...deleted, spec }]).find()).not.toHaveProperty('stuckOn');
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
      readAfterMs: 0,
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
  test('the live read that missed it is not made again, until it is told to forget', async () => {
    const { find, asked, forget } = setup(make.binding());
    await find();
    await find();
    expect(asked()).toEqual(['get Pod']);
    forget();
    await find();
    expect(asked()).toEqual(['get Pod', 'get Pod']);
  });
  test('the live read that missed it says nothing of another one', async () => {
    const { find, caches } = setup(unknown, [], [make.pod({ metadata: { labels: {} } })]);
    caches.pods.remove(make.endedPod({ metadata: { name: 'other', uid: 'other-uid' } }));
    expect(await find()).toMatchObject({ kind: 'gone', last: { metadata: { name: 'other' } } });
    // The binding has learned by now whose it is.
    expect(await find(undefined, undefined, known)).toMatchObject({ kind: 'present' });
  });
  describe('the live read came after what the watch said of it', () => {
    const waits: Record<string, { before: number; between: number; after: number }> = {
      'at once': { before: 0, between: 0, after: 0 },
      'after a while': { before: 12_000, between: 0, after: 12_000 },
      'at once, and it is remembered when': { before: 0, between: 60_000, after: 0 },
    };
    test.each(Object.entries(waits))('%s', async (_, { before, between, after }) => {
      const { find, caches, clock, asked } = setup(make.binding());
      const { nodeName, ...spec } = make.pod().spec;
      caches.pods.remove({ ...make.pod(), spec, status: { phase: 'Pending' } });
      await clock.advance(before);
      await find();
      await clock.advance(between);
      expect(await find()).toMatchObject({ kind: 'gone', readAfterMs: after });
      expect(asked()).toEqual(['get Pod']);
    });
    test('of another Pod: it does not count', async () => {
      const { find } = setup(known);
      expect(await find()).toMatchObject({ last: undefined, readAfterMs: Infinity });
    });
  });
  test('a stranger with our label that went first does not hide it', async () => {
    for (const binding of [known, unknown]) {
      const { find, caches } = setup(binding);
      caches.pods.remove(stranger);
      caches.pods.remove(make.endedPod());
      caches.pods.remove({ ...stranger, metadata: { ...stranger.metadata, uid: 'y-uid' } });
      expect(await find()).toMatchObject({ kind: 'gone', last: make.endedPod() });
    }
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
  test('was away when its Lease has jumped by more than 25 s since the last look', async () => {
    const { find, api } = setup(known, [], [node()]);
    const renewed = async (seconds: number): Promise<unknown> => {
      api.put({ ...nodeLease, ...{ spec: { renewTime: at(seconds) } } });
      return find(T0 + seconds * 1000);
    };
    const since = (seconds: number): object => ({
      node: { unbrokenSince: T0 + seconds * 1000 },
    });
    expect(await renewed(0)).toMatchObject(since(0));
    expect(await renewed(25)).toMatchObject(since(0));
    expect(await renewed(35)).toMatchObject(since(0));
    expect(await renewed(61)).toMatchObject(since(61));
    expect(await renewed(71)).toMatchObject(since(61));
  });
  test('is known from the binding where nothing of the end was seen', async () => {
    const { find } = setup(known, [], [node()]);
    expect(await find()).toMatchObject({ last: undefined, node: { name: 'node-1' } });
  });
  test('was never learned', async () => {
    const { find, asked } = setup(make.binding());
    expect(await find()).toEqual({
      kind: 'gone',
      last: undefined,
      readAfterMs: Infinity,
      node: { kind: 'unknown' },
    });
    expect(asked()).toEqual(['get Pod']);
  });
});
