import { describe, expect, test } from '@jest/globals';
import { Controller } from '../../../controllers/controller.ts';
import type { Plan, Write } from '../../../src/core/plan.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import type { CreateRefusal } from '../../../src/kube/create-refusal.ts';
import type { ApplyOptions, Writer } from '../../../src/kube/writer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { memoryMetrics } from '../../support/memory-metrics.ts';

const ref = { kind: 'Pod', namespace: 'shop', name: 'app-0' } as const;
const evict: Write = { verb: 'evict', ref, uid: 'u' };
const nothing: Plan = { writes: [], reason: 'all is well' };

function setup(decide: (key: string) => Plan, applying: () => void = () => undefined) {
  const clock = new FakeClock();
  const log = memoryLog();
  const metrics = memoryMetrics();
  const results = (): string[] => metrics.reconciles.map(({ result }) => result);
  const applied: (readonly Write[])[] = [];
  const decided: { key: string; at: number }[] = [];
  const refusals: (CreateRefusal | undefined)[] = [];
  const begin = clock.now();
  const writer = {
    apply: async (writes: readonly Write[], { onRefusal }: ApplyOptions = {}) => {
      await Promise.resolve();
      try {
        applying();
      } catch (error) {
        const [write] = writes;
        if (write?.verb === 'create' && error instanceof ApiError) onRefusal?.({ write, error });
        throw error;
      }
      applied.push(writes);
    },
  } as Pick<Writer, 'apply'> as Writer;
  const settled: unknown[][] = [];
  const controller = new Controller({
    name: 'test',
    settled: (...args) => settled.push(args),
    decide: async (key, _signal, refusal) => {
      await Promise.resolve();
      refusals.push(refusal);
      decided.push({ key, at: clock.now() - begin });
      return decide(key);
    },
    writer,
    concurrency: 2,
    clock,
    log,
    metrics,
  });
  const stop = new AbortController();
  const done = controller.run(stop.signal);
  return {
    clock,
    log,
    metrics,
    results,
    applied,
    decided,
    refusals,
    settled,
    controller,
    stop,
    done,
  };
}
/** Throws these one after the other, then nothing. */
const failing =
  (...errors: Error[]) =>
  (): void => {
    const error = errors.shift();
    if (error !== undefined) throw error;
  };

test('decides by key, applies the plan, and says so in one line', async () => {
  const { controller, clock, applied, log, results } = setup(() => ({
    writes: [evict],
    reason: 'it failed',
  }));
  controller.queue.add('shop/app-0');
  await clock.advance(0);
  expect(applied).toEqual([[evict]]);
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'it failed',
      fields: { controller: 'test', key: 'shop/app-0', writes: 'evict' },
    },
  ]);
  expect(results()).toEqual(['success']);
});

describe('what a plan brings about', () => {
  const outcome = { kind: 'retained', fluentPVC: 'logs' } as const;
  test('is counted once its writes are done', async () => {
    const conflict = new ApiError('PATCH /x', 409, { reason: 'Conflict' });
    const { controller, clock, metrics } = setup(
      () => ({ writes: [evict], reason: 'it is kept', outcome }),
      failing(conflict),
    );
    controller.queue.add('a');
    await clock.advance(0);
    expect(metrics.outcomes).toEqual([]);
    await clock.advance(1_000);
    expect(metrics.outcomes).toEqual([outcome]);
  });
  test('is not counted where there is nothing to write: it was, before', async () => {
    const { controller, clock, metrics } = setup(() => ({ ...nothing, outcome }));
    controller.queue.add('a');
    await clock.advance(0);
    expect(metrics.outcomes).toEqual([]);
  });
});

test('a plan without writes writes nothing and says nothing', async () => {
  const { controller, clock, applied, log } = setup(() => nothing);
  controller.queue.add('a');
  await clock.advance(60_000);
  expect([applied, log.lines, clock.pending]).toEqual([[], [], 0]);
});

test('comes again at the deadline of the plan', async () => {
  const { controller, clock, decided, results } = setup(() => ({
    ...nothing,
    requeueAfterMs: 10_000,
  }));
  controller.queue.add('a');
  await clock.advance(25_000);
  expect(decided.map(({ at }) => at)).toEqual([0, 10_000, 20_000]);
  expect(results()[0]).toBe('requeue_after');
});

describe('what the API server did not take of the last plan', () => {
  const create: Write = { verb: 'create', object: make.job() };
  const other: Write = { verb: 'create', object: make.binding() };
  const down = (): Error => new ApiError('POST /x', 500, { message: 'failed calling webhook' });
  const planOf = (write: Write): Plan => ({
    writes: [write],
    reason: 'x',
    requeueAfterMs: 600_000,
  });

  const atOnce: Record<string, Error> = {
    'of a policy or a quota': new ApiError('POST /x', 403, {}),
    'of an object that is not valid': new ApiError('POST /x', 422, {}),
    'of a namespace that is not there': new ApiError('POST /x', 404, {}),
  };
  test.each(Object.entries(atOnce))('is told at once: the no %s', async (_, error) => {
    const { controller, clock, refusals } = setup(() => planOf(create), failing(error));
    controller.queue.add('a');
    await clock.advance(600_200);
    // The last plan went well.
    expect(refusals).toEqual([undefined, { write: create, error }, undefined]);
  });

  const later: Record<string, () => Error> = {
    'that is down, or a webhook': down,
    'with conflicts': () => new ApiError('POST /x', 409, {}),
    'that is overloaded': () => new ApiError('POST /x', 429, {}),
    'that does not take our credentials': () => new ApiError('POST /x', 401, {}),
  };
  test.each(Object.entries(later))('is told once it lasts: an API server %s', async (_, fail) => {
    const { controller, clock, refusals, decided } = setup(
      () => planOf(create),
      () => {
        throw fail();
      },
    );
    controller.queue.add('a');
    await clock.advance(240_000);
    const told = decided.filter((__, index) => refusals[index] !== undefined);
    expect(told.length).toBeGreaterThan(0);
    expect(decided.length).toBeGreaterThan(told.length);
    for (const { at } of told) expect(at).toBeGreaterThanOrEqual(120_000);
    for (const { at } of decided.slice(0, -told.length)) expect(at).toBeLessThan(120_100);
  });
  test('is not told where it passes before', async () => {
    const errors = Array.from({ length: 8 }, down);
    const { controller, clock, refusals } = setup(
      () => planOf(create),
      () => {
        failing(...errors.splice(0, 1))();
      },
    );
    controller.queue.add('a');
    await clock.advance(1_000_000);
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
    expect(refusals).toHaveLength(10);
  });
  test('is counted for each object', async () => {
    let write = create;
    const { controller, clock, refusals, decided } = setup(
      () => planOf(write),
      () => {
        throw down();
      },
    );
    controller.queue.add('a');
    await clock.advance(110_000);
    write = other;
    await clock.advance(110_000);
    expect(refusals.filter((refusal) => refusal?.write === other)).toEqual([]);
    expect(decided.length).toBeGreaterThan(10);
  });

  const never: Record<string, { write: Write; error: Error }> = {
    'an eviction': { write: evict, error: new ApiError('POST /x', 403, {}) },
    'no answer': { write: create, error: new ApiUnreachable('x', new Error('y')) },
  };
  test.each(Object.entries(never))('is nothing: %s', async (_, { write, error }) => {
    const { controller, clock, refusals } = setup(
      () => planOf(write),
      () => {
        throw error;
      },
    );
    controller.queue.add('a');
    await clock.advance(600_000);
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });
});

describe('what became of the writes of a plan', () => {
  const refused = new ApiError('POST /x', 429, {}, '7');
  test('is told: the error, or that all were done', async () => {
    const { controller, clock, settled } = setup(
      () => ({ writes: [evict], reason: 'it failed' }),
      failing(refused),
    );
    controller.queue.add('a');
    await clock.advance(0);
    expect(settled).toEqual([['a', refused]]);
    await clock.advance(8_400);
    expect(settled).toEqual([['a', refused], ['a']]);
  });
  test('is not told of a plan without', async () => {
    const { controller, clock, settled } = setup(() => nothing);
    controller.queue.add('a');
    await clock.advance(0);
    expect(settled).toEqual([]);
  });
});

describe('after a failure', () => {
  const conflict = new ApiError('PATCH /x', 409, { reason: 'Conflict' });
  interface Case {
    error: Error;
    level: 'debug' | 'error';
    /** When it looks again, in ms: at least, at most. */
    again: [number, number];
  }
  const cases: Record<string, Case> = {
    'of the program: an error, and again after a backoff': {
      error: new TypeError('a bug'),
      level: 'error',
      again: [100, 120],
    },
    'without an answer: an error, and again after a backoff': {
      error: new ApiUnreachable('PATCH /x', new Error('down')),
      level: 'error',
      again: [100, 120],
    },
    'by refusal: an error, and again after a backoff': {
      error: new ApiError('PATCH /x', 403, {}),
      level: 'error',
      again: [100, 120],
    },
    'by a conflict: quietly, and again after a backoff': {
      error: conflict,
      level: 'debug',
      again: [100, 120],
    },
    'by a disruption budget: quietly, and after Retry-After': {
      error: new ApiError('POST /x', 429, {}, '7'),
      level: 'debug',
      again: [7_000, 8_400],
    },
    'by a proxy that asks for an hour: after two minutes': {
      error: new ApiError('POST /x', 503, {}, '3600'),
      level: 'error',
      again: [120_000, 144_000],
    },
    'by a disruption budget that does not say when: quietly': {
      error: new ApiError('POST /x', 429, { reason: 'TooManyRequests' }),
      level: 'debug',
      again: [100, 120],
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { error, level, again: [least, most] }) => {
    const { controller, clock, decided, log, results } = setup(
      () => ({ writes: [evict], reason: 'it failed' }),
      failing(error),
    );
    controller.queue.add('a');
    await clock.advance(least - 1);
    expect(decided).toHaveLength(1);
    await clock.advance(most - least + 1);
    expect(decided).toHaveLength(2);
    expect(log.lines[0]?.level).toBe(level);
    expect(log.lines[0]?.fields).toMatchObject({ key: 'a', error: error.message });
    expect(results()).toEqual([level === 'debug' ? 'requeue' : 'error', 'success']);
  });

  test('of a decision, too', async () => {
    const { controller, clock, decided } = setup(
      (() => {
        const fail = failing(new Error('down'));
        return () => {
          fail();
          return nothing;
        };
      })(),
    );
    controller.queue.add('a');
    await clock.advance(200);
    expect(decided).toHaveLength(2);
  });

  test('waits longer each time, and a success makes it start over', async () => {
    const errors = Array.from({ length: 5 }, () => new Error('down'));
    const { controller, clock, decided } = setup(
      () => ({ writes: [evict], reason: 'x' }),
      () => {
        failing(...errors.splice(0, 1))();
      },
    );
    controller.queue.add('a');
    await clock.advance(10_000);
    expect(decided).toHaveLength(6);
    errors.push(new Error('down again'));
    controller.queue.add('a');
    await clock.advance(0);
    expect(Math.max(...clock.deadlines)).toBeLessThanOrEqual(120);
  });
});

test('a failure while it is told to stop is no failure', async () => {
  const { controller, clock, stop, done, log, results } = setup(() => {
    stop.abort();
    throw new Error('aborted');
  });
  controller.queue.add('a');
  await clock.advance(0);
  await done;
  expect([log.lines, results(), clock.pending]).toEqual([[], [], 0]);
});

test('a reconcile that ends after it was told to stop leaves no deadline behind', async () => {
  const all = setup(
    () => ({ writes: [evict], reason: 'it failed', requeueAfterMs: 10_000 }),
    () => {
      all.stop.abort();
    },
  );
  const { controller, clock, done } = all;
  controller.queue.add('a');
  await clock.advance(0);
  await done;
  expect([controller.queue.size, clock.pending]).toEqual([0, 0]);
});
