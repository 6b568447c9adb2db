import { describe, expect, test } from '@jest/globals';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import type { Pod } from '../../../src/api/pod.ts';
import type { FakeWatchClient } from '../../support/fake-watch.ts';
import { reflecting } from '../../support/reflecting.ts';

const unavailable = (): never => {
  throw new ApiError('watch', 503, { message: 'try later' });
};

describe('failures are waited out, longer from one to the next', () => {
  const gaps = (times: number[]): number[] =>
    times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const cases: Record<string, (client: FakeWatchClient<Pod>, note: () => void) => void> = {
    'of the list': (client, note) => {
      client.onList = () => {
        note();
        throw new ApiUnreachable('list', new Error('refused'));
      };
    },
    'of the watch': (client, note) => {
      client.onWatch = () => {
        note();
        unavailable();
      };
    },
    'also where the server closes each watch at once': (client, note) => {
      client.onWatch = (watch) => {
        note();
        if (client.watches.length < 50) watch.close();
      };
    },
  };
  test.each(Object.entries(cases))('%s', async (_, fail) => {
    const times: number[] = [];
    const clock = { now: (): number => 0 };
    const running = await reflecting((client) => {
      fail(client, () => times.push(clock.now()));
    });
    clock.now = () => running.clock.now();
    times.length = 0;
    await running.clock.advance(120_000);
    const waits = gaps(times);
    expect(waits.length).toBeGreaterThan(3);
    expect(times.length).toBeLessThan(20);
    expect(waits.at(-1)).toBeGreaterThan(10_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(36_000);
  });

  test('and start over once a watch stood', async () => {
    let refused = 6;
    const { fake, clock } = await reflecting((client) => {
      client.onWatch = () => {
        refused -= 1;
        if (refused > 0) unavailable();
      };
    });
    await clock.advance(60_000);
    fake.watch.send('BOOKMARK', { metadata: { resourceVersion: '30' } });
    await clock.advance(1_000);
    const count = fake.watches.length;
    refused = 2;
    fake.watch.close();
    await clock.advance(700);
    expect(fake.watches.length).toBe(count + 2);
  });

  /** Refuses the first list like that; by when it was asked for again, in ms: not yet, surely. */
  const retryAfter: Record<string, { seconds: string; notYet: number; surely: number }> = {
    "as long as the server's Retry-After says, and a little more": {
      seconds: '7',
      notYet: 6_900,
      surely: 8_400,
    },
    'two minutes, where it says hours': { seconds: '7200', notYet: 119_900, surely: 144_000 },
  };
  test.each(Object.entries(retryAfter))('%s', async (_, { seconds, notYet, surely }) => {
    let refused = true;
    const { fake, clock } = await reflecting((client) => {
      client.onList = () => {
        if (refused) throw new ApiError('list', 429, {}, seconds);
        return { items: [], resourceVersion: '1' };
      };
    });
    refused = false;
    await clock.advance(notYet);
    expect(fake.lists).toHaveLength(1);
    await clock.advance(surely - notYet);
    expect(fake.lists).toHaveLength(2);
  });

  test('longer than Retry-After says, after many failures', async () => {
    const { fake, clock } = await reflecting((client) => {
      client.onList = () => {
        throw new ApiError('list', 429, {}, '1');
      };
    });
    await clock.advance(120_000);
    const before = fake.lists.length;
    await clock.advance(60_000);
    expect(fake.lists.length - before).toBeLessThanOrEqual(2);
  });
});

test('a watch that is silent over and over is opened anew without a further wait', async () => {
  const { fake, clock } = await reflecting();
  await clock.advance(1_000_000);
  expect(fake.watches).toHaveLength(11);
});
