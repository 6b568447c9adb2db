import { describe, expect, test } from '@jest/globals';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import { list as listAll, type Listing } from '../../../src/kube/listing.ts';
import { silentLog } from '../../../src/log.ts';
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

function listing(onStreamedList: (watch: OpenWatch) => void): Listed {
  const fake = fakeWatchClient<Pod>();
  const streams: OpenWatch[] = [];
  fake.onStreamedList = (watch) => {
    streams.push(watch);
    onStreamedList(watch);
  };
  const clock = new FakeClock();
  const pulse = new Pulse(clock);
  const stop = new AbortController();
  const options = {
    kind: 'Pod' as const,
    namespace: 'shop',
    labelSelector: 'team=a',
    client: fake.client,
    trim: (object: Stored<Pod>) => ({ ...object, spec: { containers: [] } }),
    pulse,
    clock,
    log: silentLog,
  };
  const list = (): Promise<Listing<Pod>> => listAll<Pod>(options, stop.signal);
  return { fake, clock, pulse, stop, streams, list };
}

describe('a list by a watch', () => {
  test('is all that comes before the bookmark that ends it, trimmed', async () => {
    const { list, streams, fake, clock } = listing((watch) => {
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
      timeoutSeconds: '60',
      namespace: 'shop',
      labelSelector: 'team=a',
    });
    expect(streams[0]?.signal.aborted).toBe(true);
    expect(fake.lists).toEqual([]);
    expect(clock.pending).toBe(0);
  });
  test('has what changed meanwhile as it became', async () => {
    const { list } = listing((watch) => {
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
  test('is as of its end: what came and went meanwhile, nobody has seen', async () => {
    const { list, streams, clock, fake } = listing((watch) => {
      watch.send('ADDED', pod('a', '5'));
    });
    fake.servedAt = 1_000_000;
    const listed = list();
    await clock.advance(7_000);
    streams[0]?.send('BOOKMARK', bookmark('6', END));
    expect((await listed).servedAt).toBe(1_007_000);
  });
  test('proves with each object that the API server is there', async () => {
    const { list, streams, clock, pulse } = listing(() => undefined);
    const listed = list();
    await clock.advance(50_000);
    expect([pulse.silentMs, pulse.overdueMs]).toEqual([50_000, 0]);
    streams[0]?.send('ADDED', pod('a', '5'));
    await clock.advance(50_000);
    expect([pulse.silentMs, pulse.overdueMs]).toEqual([50_000, 0]);
    streams[0]?.send('BOOKMARK', bookmark('6', END));
    await listed;
  });
  test('ends when it is told to', async () => {
    const { list, stop } = listing(() => undefined);
    const ended = expect(list()).rejects.toThrow('stop');
    await settle();
    stop.abort(new Error('stop'));
    await ended;
  });
});

describe('where a list by a watch does not come to its end, pages are asked for', () => {
  const refuse = (code: number) => () => {
    throw new ApiError('watch', code, {});
  };
  const sendAnd = (end: (watch: OpenWatch) => void) => (watch: OpenWatch) => {
    watch.send('ADDED', pod('a', '5'));
    end(watch);
  };
  const cases: Record<string, (watch: OpenWatch) => void> = {
    'the API server has it switched off': refuse(422),
    'it does not like it otherwise': refuse(400),
    'its cache is not ready': refuse(429),
    'its etcd is too old': sendAnd((watch) => {
      watch.send('ERROR', { code: 500, message: 'required storage feature is disabled' });
    }),
    'its cache lags': sendAnd((watch) => {
      watch.send('ERROR', { code: 504, message: 'Too large resource version' });
    }),
    'there was more than it can bring along': sendAnd((watch) => {
      watch.close();
    }),
    'it is cut': sendAnd((watch) => {
      watch.cut(new Error('socket hang up'));
    }),
  };
  test.each(Object.entries(cases))('%s', async (_, end) => {
    const { list, fake, streams, clock } = listing(end);
    expect(await list()).toMatchObject({ items: [], resourceVersion: '10' });
    expect(streams).toHaveLength(1);
    expect(fake.lists).toEqual([{ namespace: 'shop', labelSelector: 'team=a', limit: 500 }]);
    expect(clock.pending).toBe(0);
  });
  test('nothing comes any more, whatever bookmarks there are', async () => {
    const { list, fake, streams, clock } = listing((watch) => {
      watch.send('ADDED', pod('a', '5'));
    });
    const listed = list();
    await clock.advance(59_000);
    streams[0]?.send('ADDED', pod('b', '6'));
    await clock.advance(59_000);
    streams[0]?.send('BOOKMARK', bookmark('7'));
    await settle();
    expect(fake.lists).toEqual([]);
    await clock.advance(1_000);
    expect(await listed).toMatchObject({ items: [] });
    expect(streams[0]?.signal.aborted).toBe(true);
  });
});

describe('pages would not help, and are not asked for, where', () => {
  const cases: Record<string, Error> = {
    'it is not known who asks': new ApiError('watch', 401, {}),
    'it is not allowed': new ApiError('watch', 403, {}),
    'it is away': new ApiUnreachable('watch', new Error('refused')),
  };
  test.each(Object.entries(cases))('%s', async (_, error) => {
    const { list, fake } = listing(() => {
      throw error;
    });
    await expect(list()).rejects.toBe(error);
    expect(fake.lists).toEqual([]);
  });
});
