import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../src/api/pod.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { createLister, type Listing } from '../../../src/kube/lister.ts';
import { Pulse } from '../../../src/kube/pulse.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { fakeWatchClient, type FakeWatchClient, type OpenWatch } from '../../support/fake-watch.ts';
import { make } from '../../support/make.ts';

const pod = (name: string, resourceVersion: string): Pod =>
  make.pod({ metadata: { name, resourceVersion } });

const END = { 'k8s.io/initial-events-end': 'true' };
const bookmark = (resourceVersion: string, annotations = {}): object => ({
  metadata: { resourceVersion, annotations },
});

interface Listed {
  fake: FakeWatchClient<Pod>;
  clock: FakeClock;
  pulse: Pulse;
  stop: AbortController;
  /** Each list by a watch. */
  streams: OpenWatch[];
  list: () => Promise<Listing<Pod>>;
}

function lister(onStreamedList: (watch: OpenWatch) => void): Listed {
  const fake = fakeWatchClient<Pod>();
  const streams: OpenWatch[] = [];
  fake.onStreamedList = (watch) => {
    streams.push(watch);
    onStreamedList(watch);
  };
  const clock = new FakeClock();
  const pulse = new Pulse(clock);
  const stop = new AbortController();
  const list = createLister<Pod>({
    kind: 'Pod',
    namespace: 'shop',
    labelSelector: 'team=a',
    client: fake.client,
    trim: (object) => ({ ...object, spec: { containers: [] } }),
    pulse,
    clock,
  });
  return { fake, clock, pulse, stop, streams, list: () => list(stop.signal) };
}

describe('a list by a watch', () => {
  test('is all that comes before the bookmark that ends it, trimmed', async () => {
    const { list, streams, fake, clock } = lister((watch) => {
      watch.send('ADDED', pod('a', '5'));
      watch.send('BOOKMARK', bookmark('6'));
      watch.send('ADDED', pod('b', '7'));
      watch.send('BOOKMARK', bookmark('8', END));
    });
    const { items, resourceVersion, servedAt } = await list();
    expect(items.map(({ metadata, spec }) => [metadata.name, spec.containers])).toEqual([
      ['a', []],
      ['b', []],
    ]);
    expect([resourceVersion, servedAt]).toEqual(['8', clock.now()]);
    expect(streams[0]?.query).toEqual({
      watch: 'true',
      sendInitialEvents: 'true',
      allowWatchBookmarks: 'true',
      resourceVersionMatch: 'NotOlderThan',
      namespace: 'shop',
      labelSelector: 'team=a',
    });
    expect(streams[0]?.signal.aborted).toBe(true);
    expect(fake.lists).toEqual([]);
    expect(clock.pending).toBe(0);
  });
  test('has what changed meanwhile as it became', async () => {
    const { list } = lister((watch) => {
      watch.send('ADDED', pod('a', '5'));
      watch.send('ADDED', pod('b', '6'));
      watch.send('MODIFIED', pod('a', '7'));
      watch.send('DELETED', pod('b', '8'));
      watch.send('BOOKMARK', bookmark('9', END));
    });
    const { items } = await list();
    expect(items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)).toEqual([
      'a 7',
    ]);
  });
  const breaks: Record<string, [(watch: OpenWatch) => void, string]> = {
    'the server closes it': [
      (watch) => {
        watch.close();
      },
      'the list broke off',
    ],
    'it is cut': [
      (watch) => {
        watch.cut(new Error('socket hang up'));
      },
      'socket hang up',
    ],
    'it has expired': [
      (watch) => {
        watch.send('ERROR', { code: 410, reason: 'Expired' });
      },
      '410',
    ],
  };
  test.each(Object.entries(breaks))('is none where %s before', async (_, [end, message]) => {
    const { list, clock, fake } = lister((watch) => {
      watch.send('ADDED', pod('a', '5'));
      end(watch);
    });
    await expect(list()).rejects.toThrow(message);
    expect(clock.pending).toBe(0);
    expect(fake.lists).toEqual([]);
  });
  test('is given up when nothing comes any more, and tried again by the next', async () => {
    const { list, clock, streams } = lister((watch) => {
      watch.send('ADDED', pod('a', '5'));
    });
    const failed = expect(list()).rejects.toThrow('nothing came for 60 s');
    await clock.advance(59_000);
    streams[0]?.send('ADDED', pod('b', '6'));
    await settle();
    await clock.advance(59_000);
    expect(streams[0]?.signal.aborted).toBe(false);
    await clock.advance(1_000);
    await failed;
    const again = expect(list()).rejects.toThrow('the list broke off');
    await settle();
    streams[1]?.close();
    await again;
  });
  test('ends when it is told to', async () => {
    const { list, stop } = lister(() => undefined);
    const ended = expect(list()).rejects.toThrow('stop');
    await settle();
    stop.abort(new Error('stop'));
    await ended;
  });
});

describe('an API server that has no lists by a watch', () => {
  test.each([400, 405, 422])(
    'and says so with %d is asked for pages, and not again',
    async (code) => {
      const { list, fake, streams } = lister(() => {
        throw new ApiError('watch', code, { reason: 'Invalid' });
      });
      expect(await list()).toMatchObject({ items: [], resourceVersion: '10' });
      await list();
      expect([streams.length, fake.lists.length]).toEqual([1, 2]);
      expect(fake.lists[0]).toEqual({ namespace: 'shop', labelSelector: 'team=a', limit: 500 });
    },
  );
  test.each([
    [403, 'Forbidden'],
    [429, 'TooManyRequests'],
    [400, 'Expired'],
    [500, 'InternalError'],
  ])('is none that answers %d %s', async (code, reason) => {
    const { list, fake } = lister(() => {
      throw new ApiError('watch', code, { reason });
    });
    await expect(list()).rejects.toThrow(ApiError);
    expect(fake.lists).toEqual([]);
  });
});
