import type { Pod } from '../../src/api/pod.ts';
import { reflect } from '../../src/kube/reflector.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { fakeWatchClient, type FakeWatchClient } from './fake-watch.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';

/** A reflector of Pods that runs, and what it told its sink. */
export interface Running {
  fake: FakeWatchClient<Pod>;
  clock: FakeClock;
  log: MemoryLog;
  replaced: string[];
  applied: string[];
  stop: AbortController;
  done: Promise<void>;
}

export async function reflecting(
  prepare: (fake: FakeWatchClient<Pod>) => void = () => undefined,
  labelSelector?: string,
): Promise<Running> {
  const fake = fakeWatchClient<Pod>();
  prepare(fake);
  const clock = new FakeClock();
  const log = memoryLog();
  const replaced: string[] = [];
  const applied: string[] = [];
  const stop = new AbortController();
  const done = reflect<Pod>(
    {
      kind: 'Pod',
      ...(labelSelector === undefined ? {} : { labelSelector }),
      client: fake.client,
      clock,
      log,
      sink: {
        replace: (items, version) => replaced.push(`${items.length} at ${version}`),
        apply: (event) => applied.push(event.type),
      },
    },
    stop.signal,
  );
  await settle();
  return { fake, clock, log, replaced, applied, stop, done };
}
