import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../src/api/pod.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import {
  brokenWatch,
  createAnswerCheck,
  hangingWatch,
  unlisted,
} from '../../../src/kube/checks.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { FakeWatchClient } from '../../support/fake-watch.ts';
import { reflecting, type Running } from '../../support/reflecting.ts';

const MINUTE = 60_000;
const checksOf = ({ pulse }: Running) => {
  const watches = new Map([['pods', pulse]]);
  return { hangs: () => hangingWatch(watches), broken: () => brokenWatch(watches) };
};
/** Whether it holds each second of that time. */
const throughout = async (
  { clock }: Running,
  ms: number,
  holds: () => boolean,
): Promise<boolean> => {
  for (let at = 0; at < ms; at += 1_000) {
    await clock.advance(1_000);
    if (!holds()) return false;
  }
  return true;
};

describe('a watch never counts as hanging', () => {
  const bookmark = { metadata: { resourceVersion: '30' } };
  const cases: Record<string, (fake: FakeWatchClient<Pod>) => void> = {
    'while all is silent for longer than bookmarks take': () => undefined,
    'while the API server refuses connections': (fake) => {
      fake.onList = () => {
        throw new ApiUnreachable('list', new Error('refused'));
      };
      fake.onWatch = () => {
        throw new ApiUnreachable('watch', new Error('refused'));
      };
    },
    'while the API server asks for a wait of hours': (fake) => {
      fake.onWatch = () => {
        throw new ApiError('watch', 503, {}, '7200');
      };
    },
    'while watches bring bookmarks and end': (fake) => {
      fake.onWatch = (watch) => {
        watch.send('BOOKMARK', bookmark);
        watch.close();
        if (fake.watches.length > 20) fake.onWatch = () => undefined;
      };
    },
    'while each watch is expired': (fake) => {
      fake.onWatch = () => {
        throw new ApiError('watch', 410, {});
      };
    },
  };
  test.each(Object.entries(cases))('%s', async (_, prepare) => {
    const running = await reflecting(prepare);
    const { hangs } = checksOf(running);
    expect(await throughout(running, 60 * MINUTE, () => hangs() === undefined)).toBe(true);
    running.stop.abort();
    await running.done;
    await running.clock.advance(60 * MINUTE);
    expect(hangs()).toBeUndefined();
  });

  test("when somebody sets the machine's clock", async () => {
    const running = await reflecting();
    running.clock.jump(24 * 60 * MINUTE);
    expect(checksOf(running).hangs()).toBeUndefined();
  });
});

describe('a watch that was due and was not tried hangs', () => {
  const never = new Promise<never>(() => undefined);
  const cases: Record<string, { prepare: (fake: FakeWatchClient<Pod>) => void; from: number }> = {
    'in a list': {
      prepare: ({ client }) => {
        client.list = () => never;
      },
      from: 60_000,
    },
    'in a list by a watch, although its request was given up': {
      prepare: ({ client }) => {
        client.stream = () => never;
      },
      from: 60_000,
    },
    'in a watch, although its request was given up': {
      prepare: ({ client }) => {
        const stream = client.stream.bind(client);
        client.stream = (kind, query, signal) =>
          'sendInitialEvents' in query ? stream(kind, query, signal) : never;
      },
      from: 100_000,
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { prepare, from }) => {
    const running = await reflecting(prepare);
    const { hangs } = checksOf(running);
    // The longest backoff.
    await running.clock.advance(from + 36_000);
    expect(hangs()).toBeUndefined();
    await running.clock.advance(1_000);
    expect(hangs()).toMatch(
      /^the watch of pods brought nothing for 1\d\d? s|the watch of pods brought nothing for 97 s/,
    );
    expect(hangs()).toMatch(/, and no reconnect was tried for 37 s although it was due$/);
  });
});

describe('a watch that cannot be opened', () => {
  const down = (): never => {
    throw new ApiUnreachable('watch', new Error('refused'));
  };
  test('is broken after some seconds, and no more when it stands again', async () => {
    const running = await reflecting();
    const { broken } = checksOf(running);
    running.fake.onWatch = down;
    running.fake.watch.cut(new Error('socket hang up'));
    await running.clock.advance(10_000);
    expect(broken()).toBeUndefined();
    await running.clock.advance(1_000);
    expect(broken()).toBe('pods cannot be listed or watched for 11 s; it is tried again and again');
    expect(await throughout(running, 10 * MINUTE, () => broken() !== undefined)).toBe(true);
    running.fake.onWatch = () => undefined;
    await running.clock.advance(36_000);
    expect(broken()).toBeUndefined();
  });
  test('is not broken by an end now and then, nor by a list anew', async () => {
    const running = await reflecting();
    const { broken } = checksOf(running);
    expect(
      await throughout(running, 60 * MINUTE, () => {
        if (running.clock.now() % (7 * MINUTE) === 0) running.fake.watch.cut(new Error('cut'));
        if (running.clock.now() % (5 * MINUTE) === 0) {
          running.fake.watch.send('ERROR', { code: 410 });
        }
        return broken() === undefined;
      }),
    ).toBe(true);
  });
});

test('the ends of watches are counted by reason', async () => {
  const { fake, clock, pulse } = await reflecting();
  await clock.advance(5_000);
  fake.watch.close();
  await clock.advance(5_000);
  fake.watch.cut(new Error('socket hang up'));
  await clock.advance(5_000);
  fake.watch.send('ERROR', { code: 410 });
  await clock.advance(5_000);
  fake.watch.send('ERROR', { code: 500 });
  await clock.advance(110_000);
  expect(Object.fromEntries(pulse.ends)).toEqual({
    closed: 1,
    cut: 1,
    expired: 1,
    refused: 1,
    silent: 1,
    fault: 0,
  });
  expect(pulse.silentMs).toBeLessThan(10_000);
});

test('what was not listed yet is named', () => {
  const at = (resourceVersion: string) => ({ resourceVersion });
  expect(unlisted({ pods: at('1'), jobs: at(''), claims: at('') })).toBe(
    'not listed yet: jobs, claims',
  );
  expect(unlisted({ pods: at('1') })).toBeUndefined();
});

test('an API server that does not answer is told after 15 s, until it answers', async () => {
  const clock = new FakeClock();
  const { onAnswer, unanswered } = createAnswerCheck(clock);
  await clock.advance(15_000);
  expect(unanswered()).toBeUndefined();
  await clock.advance(1_000);
  expect(unanswered()).toBe('no answer to the Lease for 16 s');
  onAnswer();
  expect(unanswered()).toBeUndefined();
});
