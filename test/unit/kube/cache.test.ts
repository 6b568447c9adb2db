import { describe, expect, test } from '@jest/globals';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { createCache, type Cache } from '../../../src/kube/cache.ts';
import type { Change } from '../../../src/kube/delivery.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { fakeWatchClient, type FakeWatchClient } from '../../support/fake-watch.ts';
import { make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';

const pod = (name: string, resourceVersion: string, uid = `${name}-uid`, team = 'a'): Stored<Pod> =>
  make.pod({ metadata: { name, resourceVersion, uid, labels: { team } } });

interface Started {
  cache: Cache<Pod>;
  fake: FakeWatchClient<Pod>;
  clock: FakeClock;
  changes: Change<Pod>[];
  stop: AbortController;
  done: Promise<void>;
}

async function started(items: Stored<Pod>[] = [], labelSelector?: string): Promise<Started> {
  const fake = fakeWatchClient<Pod>(items);
  const clock = new FakeClock();
  const changes: Change<Pod>[] = [];
  const cache = createCache<Pod>({
    kind: 'Pod',
    ...(labelSelector === undefined ? {} : { labelSelector }),
    trim: (object) => ({ ...object, spec: { containers: [] } }),
    index: ({ metadata }) => metadata.labels?.team,
    client: fake.client,
    clock,
    log: memoryLog(),
  });
  cache.onChange((change) => changes.push(change));
  const stop = new AbortController();
  const done = cache.start(stop.signal);
  await settle();
  return { cache, fake, clock, changes, stop, done };
}
const told = (changes: Change<Pod>[]): string[] =>
  changes.map(({ type, object }) => `${type} ${object.metadata.name} ${object.metadata.uid}`);

test('before the first list there is nothing, and nothing is proven', () => {
  const { client } = fakeWatchClient();
  const options = { kind: 'Pod', trim: (x: Stored<Pod>) => x, client } as const;
  const cache = createCache<Pod>({ ...options, clock: new FakeClock(), log: memoryLog() });
  expect(cache.resourceVersion).toBe('');
  expect(cache.unbrokenSince).toBe(Number.POSITIVE_INFINITY);
});

test('what was listed is there, trimmed and told', async () => {
  const { cache, changes } = await started([pod('a', '1'), pod('b', '2')]);
  await cache.synced;
  expect([...cache.values()].map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  expect(cache.get('shop/a')?.spec).toEqual({ containers: [] });
  expect(told(changes)).toEqual(['set a a-uid', 'set b b-uid']);
  expect(cache.resourceVersion).toBe('10');
});

describe('a watch event', () => {
  test('that adds or changes is told as set, trimmed', async () => {
    const { cache, fake, changes } = await started();
    fake.watch.send('ADDED', pod('a', '11'));
    fake.watch.send('MODIFIED', pod('a', '12'));
    await settle();
    expect(told(changes)).toEqual(['set a a-uid', 'set a a-uid']);
    expect(changes[1]?.object.spec).toEqual({ containers: [] });
    expect(cache.get('shop/a')?.metadata.resourceVersion).toBe('12');
    expect(cache.resourceVersion).toBe('12');
  });
  test('that deletes is told as removed, with the object as it was last', async () => {
    const { cache, fake, changes } = await started([pod('a', '1')]);
    fake.watch.send('DELETED', { ...pod('a', '11'), status: { phase: 'Failed' } });
    await settle();
    expect(cache.get('shop/a')).toBeUndefined();
    expect(changes.at(-1)).toMatchObject({
      type: 'removed',
      object: { status: { phase: 'Failed' }, spec: { containers: [] } },
    });
  });
  test('of another object under the same name tells the end of the first as missed', async () => {
    const { cache, fake, changes } = await started([pod('a', '1', 'first')]);
    fake.watch.send('ADDED', pod('a', '11', 'second'));
    await settle();
    expect(told(changes.slice(1))).toEqual(['missed a first', 'set a second']);
    expect(cache.get('shop/a')?.metadata.uid).toBe('second');
  });
  test('that is a bookmark moves the resourceVersion and is not told', async () => {
    const { cache, fake, changes } = await started();
    fake.watch.send('BOOKMARK', { metadata: { resourceVersion: '99' } });
    await settle();
    expect(cache.resourceVersion).toBe('99');
    expect(changes).toEqual([]);
  });
});

describe('a relist', () => {
  const relist = async (before: Stored<Pod>[], after: Stored<Pod>[]): Promise<Started> => {
    const running = await started(before);
    running.changes.length = 0;
    await running.clock.advance(5_000);
    running.fake.onList = () => ({ items: after, resourceVersion: '50' });
    running.fake.watch.send('ERROR', { code: 410, reason: 'Expired' });
    await running.clock.advance(1_000);
    return running;
  };
  const cases: Record<string, { before: Stored<Pod>[]; after: Stored<Pod>[]; told: string[] }> = {
    'tells what is gone as missed': {
      before: [pod('a', '1'), pod('b', '2')],
      after: [pod('b', '2')],
      told: ['missed a a-uid'],
    },
    'tells what is new or changed as set': {
      before: [pod('a', '1')],
      after: [pod('a', '30'), pod('b', '31')],
      told: ['set a a-uid', 'set b b-uid'],
    },
    'says nothing of what did not change': {
      before: [pod('a', '1')],
      after: [pod('a', '1')],
      told: [],
    },
    'tells one that was made anew as two objects': {
      before: [pod('a', '1', 'first')],
      after: [pod('a', '30', 'second')],
      told: ['missed a first', 'set a second'],
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { before, after, told: expected }) => {
    const { cache, changes } = await relist(before, after);
    expect(told(changes)).toEqual(expected);
    expect([...cache.values()].map(({ metadata }) => metadata.uid)).toEqual(
      after.map(({ metadata }) => metadata.uid),
    );
  });
  test('counts from when it was served, by the clock of the API server', async () => {
    const running = await started();
    const serve = async (servedAt?: number): Promise<number> => {
      running.fake.onList = () => ({
        items: [],
        resourceVersion: '50',
        ...(servedAt === undefined ? {} : { servedAt }),
      });
      running.fake.watch.send('ERROR', { code: 410 });
      await running.clock.advance(5_000);
      return running.cache.unbrokenSince;
    };
    expect(await serve(42)).toBe(42);
    const begin = running.clock.now();
    // Where it does not say so, by ours.
    expect(await serve()).toBeGreaterThanOrEqual(begin);
  });
  test('of several pages was served with the first one', async () => {
    const { cache, clock, fake } = await started();
    fake.onList = (options) =>
      options.continue === undefined
        ? { items: [], resourceVersion: '50', servedAt: 42, continue: 'more' }
        : { items: [], resourceVersion: '50', servedAt: 43 };
    fake.watch.send('ERROR', { code: 410 });
    await clock.advance(1_000);
    expect(cache.unbrokenSince).toBe(42);
  });
  test('breaks what was unbroken, and a watch that is resumed does not', async () => {
    const { cache, clock, fake } = await started();
    const first = cache.unbrokenSince;
    expect(first).toBe(clock.now());
    await clock.advance(60_000);
    fake.watch.close();
    await clock.advance(5_000);
    expect(cache.unbrokenSince).toBe(first);
    fake.watch.send('ERROR', { code: 410 });
    await clock.advance(5_000);
    expect(cache.unbrokenSince).toBeGreaterThan(first);
  });
});

test('who finds an object by its old value hears that it has another', async () => {
  const { fake, changes } = await started([pod('a', '1')]);
  changes.length = 0;
  fake.watch.send('MODIFIED', pod('a', '11', 'a-uid', 'b'));
  await settle();
  expect(changes.map(({ type, object }) => [type, object.metadata.labels?.team])).toEqual([
    ['removed', 'a'],
    ['set', 'b'],
  ]);
});

describe('a watcher that throws', () => {
  /** The second of three watchers throws until it is told not to. */
  const poisoned = async (items: Stored<Pod>[]) => {
    const running = await started();
    const heard: string[][] = [[], [], []];
    const state = { throws: true };
    heard.forEach((changes, index) => {
      running.cache.onChange(({ type, object }) => {
        if (index === 1 && state.throws && object.metadata.name === 'a') throw new Error('a bug');
        changes.push(`${type} ${object.metadata.name}`);
      });
    });
    running.fake.onList = () => ({ items, resourceVersion: '50' });
    running.fake.watch.send('ERROR', { code: 410 });
    await running.clock.advance(5_000);
    return { ...running, heard, state };
  };
  test('is told again until it takes the change; others are told once, without a list', async () => {
    const { heard, state, clock, fake, cache } = await poisoned([pod('a', '20'), pod('b', '21')]);
    expect(heard).toEqual([['set a', 'set b'], ['set b'], ['set a', 'set b']]);
    fake.watch.send('DELETED', pod('a', '60'));
    await settle();
    state.throws = false;
    const lists = fake.lists.length;
    await clock.advance(40_000);
    expect(heard).toEqual([
      ['set a', 'set b', 'removed a'],
      ['set b', 'set a', 'removed a'],
      ['set a', 'set b', 'removed a'],
    ]);
    expect(fake.lists).toHaveLength(lists);
    expect([...cache.values()].map(({ metadata }) => metadata.name)).toEqual(['b']);
  });
  test('has missed a change until it takes it: nothing is proven meanwhile', async () => {
    const { state, clock, cache } = await poisoned([pod('a', '20')]);
    expect(cache.unbrokenSince).toBe(Number.POSITIVE_INFINITY);
    state.throws = false;
    await clock.advance(40_000);
    expect(cache.unbrokenSince).toBeLessThan(clock.now());
  });
  test('leaves no timer behind at the end', async () => {
    const { stop, done, clock } = await poisoned([pod('a', '20')]);
    stop.abort();
    await done;
    expect(clock.pending).toBe(0);
  });
});

test('a change of what is not kept is told all the same: its version is another', async () => {
  const { fake, changes, cache } = await started([pod('a', '1')]);
  changes.length = 0;
  fake.watch.send('MODIFIED', { ...pod('a', '11'), status: { message: 'not kept' } });
  await settle();
  expect(told(changes)).toEqual(['set a a-uid']);
  expect(cache.get('shop/a')?.metadata.resourceVersion).toBe('11');
});

describe('the index', () => {
  const indexed = (cache: Cache<Pod>, value: string): string[] =>
    cache.byIndex(value).map(({ metadata }) => metadata.name);
  test('follows objects that change their value, and those that go', async () => {
    const { cache, fake } = await started([pod('x', '1'), pod('y', '2')]);
    expect(indexed(cache, 'a')).toEqual(['x', 'y']);
    fake.watch.send('MODIFIED', pod('x', '11', 'x-uid', 'b'));
    await settle();
    expect([indexed(cache, 'a'), indexed(cache, 'b')]).toEqual([['y'], ['x']]);
    fake.watch.send('DELETED', pod('y', '12'));
    await settle();
    expect([indexed(cache, 'a'), indexed(cache, 'b')]).toEqual([[], ['x']]);
  });
  test('forgets an object that was replaced by another of its name', async () => {
    const { cache, fake } = await started([pod('x', '1', 'first', 'a')]);
    fake.watch.send('ADDED', pod('x', '11', 'second', 'b'));
    await settle();
    expect([indexed(cache, 'a'), indexed(cache, 'b')]).toEqual([[], ['x']]);
  });
  test('has no objects without a value', async () => {
    const { cache, fake } = await started();
    const object = pod('x', '11');
    fake.watch.send('ADDED', { ...object, metadata: { ...object.metadata, labels: {} } });
    await settle();
    expect(cache.get('shop/x')).toBeDefined();
    expect(cache.byIndex('undefined')).toEqual([]);
  });
});
