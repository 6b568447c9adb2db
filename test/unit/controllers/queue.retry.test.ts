import { describe, expect, test } from '@jest/globals';
import { Queue } from '../../../controllers/queue.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { unobserved } from '../../support/memory-metrics.ts';
import { working } from '../../support/working.ts';

describe('retry', () => {
  test('waits longer from failure to failure, and starts over once it was forgotten', async () => {
    const { queue, clock, finish } = working();
    const waits: number[] = [];
    const failOnce = async (): Promise<void> => {
      queue.retry('a');
      const [wait = 0] = clock.deadlines;
      waits.push(wait);
      await clock.advance(wait);
      await finish('a');
    };
    for (let count = 0; count < 4; count += 1) await failOnce();
    queue.forget('a');
    await failOnce();
    const [first = 0, second = 0, third = 0, fourth = 0, again = 0] = waits;
    for (const [wait, least] of [
      [first, 100],
      [second, 200],
      [third, 400],
      [fourth, 800],
      [again, 100],
    ] as const) {
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(least * 1.2);
    }
  });
  test('never waits much longer than a minute', () => {
    const clock = new FakeClock();
    const queue = new Queue(clock, unobserved);
    for (let count = 0; count < 50; count += 1) {
      queue.retry('a');
      queue.add('a');
    }
    const fresh = new Queue(clock, unobserved);
    for (let count = 0; count < 50; count += 1) fresh.retry('b');
    expect(Math.max(...clock.deadlines, 0)).toBeLessThanOrEqual(72_000);
  });
  test('of one key does not slow another', async () => {
    const { queue, clock, begun } = working(2);
    for (let count = 0; count < 10; count += 1) queue.retry('a');
    queue.retry('b');
    await clock.advance(120);
    expect(begun).toContain('b');
  });
});

test('nothing is left of ten thousand keys that were worked on', async () => {
  const clock = new FakeClock();
  const queue = new Queue(clock, unobserved);
  const stop = new AbortController();
  const done = queue.run(
    async (key) => {
      await Promise.resolve();
      queue.forget(key);
    },
    8,
    stop.signal,
  );
  for (let count = 0; count < 10_000; count += 1) {
    queue.add(`k${count}`);
    queue.addAfter(`k${count}`, 10);
  }
  await clock.advance(1_000);
  expect([queue.size, clock.pending]).toEqual([0, 0]);
  stop.abort();
  await done;
});

describe('stopping', () => {
  test('waits for the work under way and begins no other', async () => {
    const { queue, begun, finish, stop, done } = working();
    queue.add('a');
    queue.add('b');
    await settle();
    stop.abort();
    let ended = false;
    void done.then(() => (ended = true));
    await settle();
    expect(ended).toBe(false);
    await finish('a');
    await done;
    expect(begun).toEqual(['a']);
  });
  test('drops deadlines and ends idle workers', async () => {
    const { queue, clock, stop, done } = working(4);
    queue.addAfter('a', 1_000);
    await settle();
    stop.abort();
    await done;
    expect(clock.pending).toBe(0);
  });
});
