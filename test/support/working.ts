import { Queue } from '../../controllers/queue.ts';
import type { QueueObserver } from '../../src/metrics/queues.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { unobserved } from './memory-metrics.ts';

/** A queue whose workers run. */
export interface Working {
  queue: Queue;
  clock: FakeClock;
  /** Keys in the order they were begun. */
  begun: string[];
  /** Ends the work on that key. */
  finish: (key: string) => Promise<void>;
  stop: AbortController;
  done: Promise<void>;
}

/** Workers whose work lasts until it is finished by hand. */
export function working(concurrency = 1, observer: QueueObserver = unobserved): Working {
  const clock = new FakeClock();
  const queue = new Queue(clock, observer);
  const begun: string[] = [];
  const active = new Map<string, () => void>();
  const stop = new AbortController();
  const work = (key: string): Promise<void> => {
    if (active.has(key)) throw new Error(`${key} is worked on twice`);
    begun.push(key);
    return new Promise((resolve) => active.set(key, resolve));
  };
  const done = queue.run(work, concurrency, stop.signal);
  const finish = async (key: string): Promise<void> => {
    const resolve = active.get(key);
    if (resolve === undefined) throw new Error(`${key} is not worked on`);
    active.delete(key);
    resolve();
    await settle();
  };
  return { queue, clock, begun, finish, stop, done };
}
