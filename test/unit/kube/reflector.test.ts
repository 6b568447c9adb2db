import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../src/kube/api-error.ts';
import { settle } from '../../support/fake-clock.ts';
import { make } from '../../support/make.ts';
import { reflecting, type Running } from '../../support/reflecting.ts';

test('lists in pages and watches from where the last one ended', async () => {
  const page = { items: [make.pod()], resourceVersion: '10' };
  const { fake, replaced } = await reflecting((client) => {
    client.onList = ({ continue: from }) =>
      from === undefined ? { ...page, continue: 'next' } : { ...page, resourceVersion: '12' };
  }, 'team=a');
  expect(replaced).toEqual(['2 at 12']);
  expect(fake.lists).toEqual([
    { labelSelector: 'team=a', limit: 500 },
    { labelSelector: 'team=a', limit: 500, continue: 'next' },
  ]);
  expect(fake.watch.query).toMatchObject({
    watch: 'true',
    allowWatchBookmarks: 'true',
    labelSelector: 'team=a',
    resourceVersion: '12',
  });
});

test('asks for nothing by label where there is no selector', async () => {
  const { fake } = await reflecting();
  expect(fake.lists).toEqual([{ limit: 500 }]);
  expect(fake.watch.query).not.toHaveProperty('labelSelector');
  expect(fake.watch.query).not.toHaveProperty('namespace');
});

describe('a watch that ends is resumed', () => {
  const sendOne = ({ fake }: Running): void => {
    fake.watch.send('ADDED', make.pod({ metadata: { resourceVersion: '20' } }));
  };
  const ends: Record<string, { end: (running: Running) => void; from: string }> = {
    'after the server closed it': {
      end: (running) => {
        sendOne(running);
        running.fake.watch.close();
      },
      from: '20',
    },
    'after a bookmark': {
      end: ({ fake }) => {
        fake.watch.send('BOOKMARK', { metadata: { resourceVersion: '30' } });
        fake.watch.close();
      },
      from: '30',
    },
    'after it was cut, from what had come': {
      end: (running) => {
        sendOne(running);
        running.fake.watch.cut(new Error('socket hang up'));
      },
      from: '20',
    },
  };
  test.each(Object.entries(ends))('%s', async (_, { end, from }) => {
    const running = await reflecting();
    await running.clock.advance(30_000);
    end(running);
    await running.clock.advance(1_000);
    expect(running.fake.watches).toHaveLength(2);
    expect(running.fake.watch.query.resourceVersion).toBe(from);
    expect(running.fake.lists).toHaveLength(1);
  });

  test('after it was cut before anything came, with a wait', async () => {
    const { fake, clock, log } = await reflecting();
    fake.watch.cut(new Error('socket hang up'));
    await settle();
    expect(fake.watches).toHaveLength(1);
    await clock.advance(600);
    expect(fake.watches).toHaveLength(2);
    expect(log.at('warn')).toEqual(['cannot list or watch; will try again']);
  });

  test('after it was silent for longer than bookmarks take', async () => {
    const { fake, clock } = await reflecting();
    await clock.advance(90_000);
    fake.watch.send('BOOKMARK', { metadata: { resourceVersion: '30' } });
    await clock.advance(90_000);
    expect(fake.watches).toHaveLength(1);
    await clock.advance(20_000);
    expect(fake.watches).toHaveLength(2);
    expect(fake.watches[0]?.signal.aborted).toBe(true);
  });
});

describe('a watch that cannot be resumed is listed anew', () => {
  const expired: Record<string, object> = {
    'on 410 Gone': { code: 410, reason: 'Gone' },
    'on Expired with any code': { code: 400, reason: 'Expired' },
  };
  test.each(Object.entries(expired))('%s', async (_, status) => {
    const { fake, clock, replaced } = await reflecting();
    await clock.advance(10_000);
    fake.watch.send('ERROR', status);
    await clock.advance(1_000);
    expect(replaced).toEqual(['0 at 10', '0 at 10']);
    expect(fake.watches).toHaveLength(2);
  });

  test('but never without a wait when each watch is refused as expired', async () => {
    const { fake, clock } = await reflecting((client) => {
      client.onWatch = () => {
        if (client.watches.length > 50) return;
        throw new ApiError('watch', 410, {});
      };
    });
    await clock.advance(1_000);
    expect(fake.lists.length).toBeLessThan(5);
  });

  test('after the sink did not take an event: a fault of ours does not cost it', async () => {
    const running = await reflecting();
    const { fake, clock, log, replaced, applied } = running;
    await clock.advance(10_000);
    running.take = (event) => {
      if (event === 'DELETED') throw new TypeError('a bug');
    };
    fake.watch.send('ADDED', make.pod({ metadata: { resourceVersion: '20' } }));
    fake.watch.send('DELETED', make.pod({ metadata: { resourceVersion: '30' } }));
    await settle();
    expect([applied, fake.lists.length]).toEqual([['ADDED'], 1]);
    await clock.advance(1_000);
    expect(replaced).toEqual(['0 at 10', '0 at 10']);
    expect(fake.watch.query.resourceVersion).toBe('10');
    expect(log.lines.map(({ level }) => level)).not.toEqual([]);
    expect(JSON.stringify(log.lines)).toContain('a bug');
  });

  test('and a sink that takes nothing is not asked without a wait', async () => {
    const running = await reflecting();
    running.take = () => {
      throw new TypeError('a bug');
    };
    for (let second = 0; second < 60; second += 1) {
      running.fake.watch.send('ADDED', make.pod({ metadata: { resourceVersion: '20' } }));
      await running.clock.advance(1_000);
    }
    expect(running.fake.lists.length).toBeLessThan(20);
  });

  test('another ERROR is waited out and resumed', async () => {
    const { fake, clock } = await reflecting();
    fake.watch.send('ERROR', { code: 500, message: 'etcd' });
    await clock.advance(600);
    expect([fake.lists.length, fake.watches.length]).toEqual([1, 2]);
  });
});

test('it ends with the signal, without a word and without a timer left', async () => {
  const { stop, done, log, clock } = await reflecting();
  stop.abort();
  await done;
  expect(log.lines).toEqual([]);
  expect(clock.pending).toBe(0);
});
