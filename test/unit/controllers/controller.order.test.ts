import { expect, test } from '@jest/globals';
import { Controller } from '../../../controllers/controller.ts';
import type { Write } from '../../../src/core/plan.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import type { Writer } from '../../../src/kube/writer.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { memoryMetrics } from '../../support/memory-metrics.ts';

/* In what order the keys are worked on of which many come at once. */

const ref = { kind: 'Pod', namespace: 'shop', name: 'app-0' } as const;
const evict: Write = { verb: 'evict', ref, uid: 'u' };
const event: Write = {
  verb: 'event',
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'app-0', uid: 'u' },
  action: 'Inject',
  reason: 'Injected',
  type: 'Normal',
  note: 'done',
};

/** One worker, and keys with a write at the first look; `written` is called when it is done. */
async function orderOf(
  keys: readonly string[],
  write: Write,
  written: (key: string, add: () => void) => void,
): Promise<string[]> {
  const decided: string[] = [];
  const clock = new FakeClock();
  const controller: Controller = new Controller({
    name: 'test',
    concurrency: 1,
    clock,
    log: memoryLog(),
    metrics: memoryMetrics(),
    decide: async (key) => {
      await Promise.resolve();
      const isFirst = !decided.includes(key);
      decided.push(key);
      return { writes: isFirst ? [write] : [], reason: 'to be seen' };
    },
    writer: {
      apply: async () => {
        await Promise.resolve();
        const key = decided.at(-1) ?? '';
        written(key, () => {
          controller.queue.add(key);
        });
      },
    } as unknown as Writer,
  });
  for (const key of keys) controller.queue.add(key);
  const stop = new AbortController();
  const done = controller.run(stop.signal);
  await settle();
  await clock.advance(1_000);
  stop.abort();
  await done;
  return decided;
}

test('the first is done before the last is begun, when the watch is fast', async () => {
  const order = await orderOf(['a', 'b', 'c'], evict, (_key, add) => {
    add();
  });
  expect(order).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
});
test('and soon after, when it is not', async () => {
  const adds: (() => void)[] = [];
  const order = await orderOf(['a', 'b', 'c', 'd'], evict, (_key, add) => {
    // What the one before has written comes now.
    adds.shift()?.();
    adds.push(add);
  });
  expect(order).toEqual(['a', 'b', 'a', 'c', 'b', 'd', 'c']);
});
test('an Event leads to nothing more: what comes then has to wait', async () => {
  const order = await orderOf(['a', 'b', 'c'], event, (_key, add) => {
    add();
  });
  expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
});
test('a key that was too early does not wait for all the others', async () => {
  const order = await orderOf(['a', 'b', 'c'], evict, (key, add) => {
    if (key !== 'a') return;
    // Its backoff is over when the others wait.
    add();
    throw new ApiError('PATCH', 409, {});
  });
  expect(order).toEqual(['a', 'a', 'b', 'c']);
});
