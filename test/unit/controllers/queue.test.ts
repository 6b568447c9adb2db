import { describe, expect, test } from '@jest/globals';
import { Queue } from '../../../controllers/queue.ts';
import type { Clock } from '../../../src/clock.ts';
import type { QueueObserver } from '../../../src/metrics/queues.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { unobserved } from '../../support/memory-metrics.ts';
import { working } from '../../support/working.ts';

describe('add', () => {
  test('before the workers run is not lost', async () => {
    const queue = new Queue(new FakeClock(), unobserved);
    queue.add('a');
    const begun: string[] = [];
    const stop = new AbortController();
    const done = queue.run(
      async (key) => {
        await Promise.resolve();
        begun.push(key);
        stop.abort();
      },
      1,
      stop.signal,
    );
    await done;
    expect(begun).toEqual(['a']);
  });
  test('works keys in the order they came, each once however often it was added', async () => {
    const { queue, begun, finish } = working();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    await settle();
    for (const key of ['a', 'b', 'c']) await finish(key);
    expect(begun).toEqual(['a', 'b', 'c']);
    expect(queue.size).toBe(0);
  });
  test('of an active key brings it again afterwards, once', async () => {
    const { queue, begun, finish } = working(2);
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(begun).toEqual(['a']);
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
  });
  test('keeps as many workers busy as there are, and no more', async () => {
    const { queue, begun, finish } = working(2);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect(begun).toEqual(['a', 'b']);
    await finish('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });
  test('wakes every worker that is needed', async () => {
    const { queue, begun } = working(3);
    await settle();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect(begun).toEqual(['a', 'b', 'c']);
  });
});

describe('a key that goes on', () => {
  test('does not wait for all that are fresh', async () => {
    const { queue, begun, finish } = working();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    // What it wrote comes back by the watch.
    queue.goesOn('a');
    queue.add('a');
    await finish('a');
    await finish('a');
    expect(begun).toEqual(['a', 'a', 'b']);
  });
  test('takes turns with them, each in the order they came', async () => {
    const { queue, begun, finish } = working();
    queue.add('first');
    await settle();
    for (const key of ['a', 'b', 'c']) queue.goesOn(key);
    for (const key of ['x', 'y', 'a', 'b', 'c']) queue.add(key);
    for (const key of ['first', 'a', 'x', 'b', 'y']) await finish(key);
    expect(begun).toEqual(['first', 'a', 'x', 'b', 'y', 'c']);
  });
  test('does so once it is added, and waits like any other the next time', async () => {
    const { queue, begun, finish } = working();
    queue.add('a');
    await settle();
    queue.goesOn('a');
    await finish('a');
    expect(queue.size).toBe(0);
    for (const key of ['x', 'y', 'a']) queue.add(key);
    await settle();
    expect(begun).toEqual(['a', 'a']);
    queue.add('a');
    for (const key of ['a', 'x', 'y']) await finish(key);
    expect(begun).toEqual(['a', 'a', 'x', 'y', 'a']);
  });
});

describe('addAfter', () => {
  test('comes when its time has come', async () => {
    const { queue, clock, begun } = working();
    queue.addAfter('a', 1_000);
    await clock.advance(999);
    expect(begun).toEqual([]);
    await clock.advance(1);
    expect(begun).toEqual(['a']);
  });
  const earliest: Record<string, number[]> = {
    'the later one last': [1_000, 5_000],
    'the earlier one last': [5_000, 1_000],
  };
  test.each(Object.entries(earliest))('keeps the earliest of several: %s', async (_, deadlines) => {
    const { queue, clock, begun, finish } = working();
    for (const ms of deadlines) queue.addAfter('a', ms);
    await clock.advance(1_000);
    expect(begun).toEqual(['a']);
    await finish('a');
    await clock.advance(10_000);
    expect(begun).toEqual(['a']);
  });
  test('gives way to an add', async () => {
    const { queue, clock, begun, finish } = working();
    queue.addAfter('a', 1_000);
    queue.add('a');
    await settle();
    await finish('a');
    await clock.advance(5_000);
    expect(begun).toEqual(['a']);
    expect(clock.pending).toBe(0);
  });
  test('says nothing of a key that waits for a worker', async () => {
    const { queue, clock, begun, finish } = working();
    queue.add('x');
    queue.add('a');
    queue.addAfter('a', 1_000);
    await settle();
    await finish('x');
    await finish('a');
    await clock.advance(5_000);
    expect(begun).toEqual(['x', 'a']);
  });
  test('of an active key waits until it is done and due', async () => {
    const { queue, clock, begun, finish } = working();
    queue.add('a');
    await settle();
    queue.addAfter('a', 1_000);
    await clock.advance(2_000);
    expect(begun).toEqual(['a']);
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
  });
  test('of an active key that comes again anyway is dropped', async () => {
    const { queue, clock, begun, finish } = working();
    queue.add('a');
    await settle();
    queue.add('a');
    queue.addAfter('a', 1_000);
    await finish('a');
    await finish('a');
    await clock.advance(5_000);
    expect(begun).toEqual(['a', 'a']);
  });
  test("does not care for the machine's clock", async () => {
    const { queue, clock, begun } = working();
    queue.addAfter('a', 1_000);
    clock.jump(-3_600_000);
    await clock.advance(1_000);
    expect(begun).toEqual(['a']);
  });
  test('counts on where a timer fires early', () => {
    let now = 0;
    const timers: (() => void)[] = [];
    const clock: Clock = {
      now: () => 0,
      uptime: () => now,
      after: (_ms, run) => {
        timers.push(run);
        return () => undefined;
      },
    };
    const queue = new Queue(clock, unobserved);
    queue.addAfter('a', 2 ** 32);
    now = 2 ** 31;
    timers[0]?.();
    expect([timers.length, queue.size]).toEqual([2, 1]);
  });
});

describe('what is told of keys', () => {
  const observed = (): { said: string[]; observer: QueueObserver } => {
    const said: string[] = [];
    const observer: QueueObserver = {
      added: () => said.push('added'),
      taken: (ms) => said.push(`taken after ${ms}`),
      done: (ms) => said.push(`done in ${ms}`),
      retried: () => said.push('retried'),
    };
    return { said, observer };
  };
  test('is how long they wait and are worked on', async () => {
    const { said, observer } = observed();
    const { queue, clock, finish } = working(1, observer);
    queue.add('a');
    queue.add('b');
    queue.add('b');
    await clock.advance(30);
    expect([queue.depth, queue.workedMs]).toEqual([1, [30]]);
    await finish('a');
    await clock.advance(20);
    await finish('b');
    expect(said).toEqual([
      'added',
      'added',
      'taken after 0',
      'done in 30',
      'taken after 30',
      'done in 20',
    ]);
    expect([queue.depth, queue.workedMs]).toEqual([0, []]);
  });
  test('added while it is worked on, a key waits from then on', async () => {
    const { said, observer } = observed();
    const { queue, clock, finish } = working(1, observer);
    queue.add('a');
    await clock.advance(10);
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(1);
    await clock.advance(15);
    await finish('a');
    expect(said).toEqual(['added', 'taken after 0', 'added', 'done in 25', 'taken after 15']);
  });
  test('is a retry and not a deadline, and neither waits for a worker', async () => {
    const { said, observer } = observed();
    const { queue, clock } = working(1, observer);
    queue.retry('a', 500);
    queue.addAfter('b', 1_000);
    expect([said, queue.depth]).toEqual([['retried'], 0]);
    await clock.advance(500);
    expect(said).toEqual(['retried', 'added', 'taken after 0']);
  });
});
