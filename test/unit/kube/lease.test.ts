import { describe, expect, test } from '@jest/globals';
import { ApiUnreachable } from '../../../src/kube/api-error.ts';
import { withLease, type Lease } from '../../../src/kube/lease.ts';
import { delay } from '../../../src/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { held, lease, leasing, running, stored } from '../../support/leasing.ts';
import { memoryApi, refusal } from '../../support/memory-api.ts';

describe('acquires', () => {
  const free: Record<string, { before: Lease | undefined; transitions: number }> = {
    'a Lease that is not there': { before: undefined, transitions: 0 },
    'a Lease that was released': {
      before: lease({ holderIdentity: '', renewTime: 'r1', leaseTransitions: 4 }),
      transitions: 5,
    },
    'a Lease that has no holder': { before: lease({ renewTime: 'r1' }), transitions: 1 },
    'its own, of a life before': {
      before: lease({ holderIdentity: 'me', renewTime: 'r1' }),
      transitions: 1,
    },
  };
  test.each(Object.entries(free))('%s, at once', async (_, { before, transitions }) => {
    const { api, led } = await running(before);
    expect(led).toEqual(['started']);
    expect(stored(api).spec).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 10,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: transitions,
    });
  });

  test('a Lease that we saw unchanged for its duration, and not before', async () => {
    const { clock, led, api } = await running(held);
    await clock.advance(14_900);
    expect(led).toEqual([]);
    await clock.advance(100);
    expect(led).toEqual(['started']);
    expect(stored(api).spec.holderIdentity).toBe('me');
  });

  test("whatever the holder's clock says", async () => {
    const renewTime = '1999-01-01T00:00:00.000000Z';
    const { clock, led } = await running(lease({ holderIdentity: 'other', renewTime }));
    await clock.advance(10_000);
    expect(led).toEqual([]);
  });

  test('not while the holder renews it', async () => {
    const { api, clock, led } = await running(held);
    for (let round = 0; round < 10; round += 1) {
      await clock.advance(10_000);
      api.put({ ...stored(api), spec: { ...stored(api).spec, renewTime: `r${round + 2}` } });
    }
    expect(led).toEqual([]);
  });

  test('after the duration that the holder wrote into it', async () => {
    const { clock, led } = await running({
      ...held,
      spec: { ...held.spec, leaseDurationSeconds: 60 },
    });
    await clock.advance(59_900);
    expect(led).toEqual([]);
    await clock.advance(100);
    expect(led).toEqual(['started']);
  });

  test('as soon as it can, when somebody else was faster or the API does not answer', async () => {
    const answers = [refusal(409, 'AlreadyExists'), new ApiUnreachable('GET', new Error('down'))];
    const { led, clock, log } = await running(undefined, ({ verb }) =>
      verb === 'create' ? answers.shift() : undefined,
    );
    expect(led).toEqual([]);
    await clock.advance(5_000);
    expect(led).toEqual(['started']);
    expect(log.at('warn')).toEqual(['cannot acquire the Lease; will try again']);
  });

  test('never, when it is asked to stop before', async () => {
    const { led, stop, done, clock, api } = await running(held);
    stop.abort();
    await done;
    expect([led, clock.pending, api.writes]).toEqual([[], 0, []]);
  });
});

describe('while it leads', () => {
  test('renews every 3 s and keeps since when it leads', async () => {
    const { api, clock, led } = await running(undefined);
    await clock.advance(60_000);
    expect(api.requests.filter(({ verb }) => verb === 'replace')).toHaveLength(20);
    expect(stored(api).spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:01:00.000000Z',
      leaseTransitions: 0,
    });
    expect(led).toEqual(['started']);
  });

  test('ends at once when another one took the Lease', async () => {
    const { api, clock, led, done, log } = await running(undefined);
    api.put({ ...stored(api), spec: { ...stored(api).spec, holderIdentity: 'other' } });
    await clock.advance(5_000);
    await done;
    expect(led).toEqual(['started', 'aborted']);
    expect(log.at('error')).toEqual(['the Lease was lost']);
    expect(stored(api).spec.holderIdentity).toBe('other');
  });

  test('goes on when a renewal was stored and only its answer was lost', async () => {
    const { api, clock, led } = await running(undefined);
    // As the API server had it: the renewal is in, we do not know it.
    api.put(stored(api));
    await clock.advance(20_000);
    expect(led).toEqual(['started']);
  });

  test('ends before another one may start, when the Lease cannot be renewed', async () => {
    const { api, clock, led } = await running(undefined);
    api.refuse = () => new ApiUnreachable('PUT', new Error('down'));
    await clock.advance(6_900);
    expect(led).toEqual(['started']);
    await clock.advance(100);
    expect(led).toEqual(['started', 'aborted']);
  });

  test('outlives a short outage', async () => {
    const { api, clock, led, log } = await running(undefined);
    api.refuse = () => refusal(503, 'ServiceUnavailable');
    await clock.advance(5_500);
    api.refuse = () => undefined;
    await clock.advance(60_000);
    expect(led).toEqual(['started']);
    expect(log.at('warn')).toContain('cannot renew the Lease; will try again');
  });
});

test('another one leads within 15 s of the crash of a leader that has just renewed', async () => {
  const { api, clock, led } = await running(lease({ holderIdentity: 'other', renewTime: 'r1' }));
  // Our looks are two seconds apart: what comes right after one is seen late.
  await clock.advance(2_001);
  const spec = { ...stored(api).spec, leaseDurationSeconds: 10, renewTime: 'r2' };
  api.put({ ...stored(api), spec });
  await clock.advance(15_000);
  expect(led).toEqual(['started']);
});

describe("somebody sets the machine's clock", () => {
  test.each([3_600_000, -3_600_000])('by %d ms: who waits is not misled', async (ms) => {
    const { clock, led } = await running(held);
    await clock.advance(3_000);
    clock.jump(ms);
    await clock.advance(11_900);
    expect(led).toEqual([]);
    await clock.advance(100);
    expect(led).toEqual(['started']);
  });
  test.each([3_600_000, -3_600_000])('by %d ms: who leads is not misled', async (ms) => {
    const { api, clock, led } = await running(undefined);
    clock.jump(ms);
    await clock.advance(30_000);
    expect(led).toEqual(['started']);
    api.refuse = () => new ApiUnreachable('PUT', new Error('down'));
    clock.jump(ms);
    await clock.advance(6_900);
    expect(led).toEqual(['started']);
    await clock.advance(100);
    expect(led).toEqual(['started', 'aborted']);
  });
});

test('who waits and who leads says whenever the API server answers', async () => {
  const api = memoryApi(held);
  const clock = new FakeClock();
  let answers = 0;
  const stop = new AbortController();
  const onAnswer = (): void => {
    answers += 1;
  };
  const options = { ...leasing({ api, clock }), onAnswer };
  const lead = (signal: AbortSignal): Promise<void> => delay(clock, 3_600_000, signal);
  const done = withLease(options, lead, stop.signal);
  await clock.advance(10_000);
  expect(answers).toBe(6);
  await clock.advance(6_000);
  expect(stored(api).spec.holderIdentity).toBe('me');
  answers = 0;
  await clock.advance(30_000);
  expect(answers).toBe(10);
  api.refuse = () => new ApiUnreachable('PUT', new Error('down'));
  answers = 0;
  await clock.advance(60_000);
  expect(answers).toBe(0);
  stop.abort();
  await done;
});

describe('at the end', () => {
  test('lets the next one start at once', async () => {
    const { api, led, stop, done, clock } = await running(undefined);
    stop.abort();
    await done;
    expect(led).toEqual(['started', 'aborted']);
    expect(stored(api).spec.holderIdentity).toBe('');
    expect(clock.pending).toBe(0);
  });
  test('leaves a Lease alone that is not its own any more', async () => {
    const { api, stop, done } = await running(undefined);
    api.put({ ...stored(api), spec: { ...stored(api).spec, holderIdentity: 'other' } });
    stop.abort();
    await done;
    expect(stored(api).spec.holderIdentity).toBe('other');
  });
  test('an API that does not answer is no hindrance', async () => {
    const { api, stop, done, log } = await running(undefined);
    api.refuse = () => new ApiUnreachable('GET', new Error('down'));
    stop.abort();
    await done;
    expect(log.at('warn')).toEqual(['cannot release the Lease; it ends by itself']);
  });
});

test('what leading throws is thrown, and the Lease is not renewed any more', async () => {
  const api = memoryApi();
  const clock = new FakeClock();
  const lead = async (): Promise<void> => {
    await Promise.resolve();
    throw new Error('a bug');
  };
  const options = leasing({ api, clock });
  await expect(withLease(options, lead, new AbortController().signal)).rejects.toThrow('a bug');
  await clock.advance(60_000);
  expect(api.requests.filter(({ verb }) => verb === 'replace')).toEqual([]);
});
