import type { Pod } from '../../src/api/pod.ts';
import { Pulse } from '../../src/kube/pulse.ts';
import { reflect } from '../../src/kube/reflector.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { fakeWatchClient, type FakeWatchClient } from './fake-watch.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';

/** A reflector of Pods that runs, and what it told its sink. */
export interface Running {
  fake: FakeWatchClient<Pod>;
  clock: FakeClock;
  pulse: Pulse;
  log: MemoryLog;
  replaced: string[];
  applied: string[];
  /** What the sink does before it takes an event: throw. */
  take: (event: string) => void;
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
  const pulse = new Pulse(clock);
  const log = memoryLog();
  const replaced: string[] = [];
  const applied: string[] = [];
  const stop = new AbortController();
  const running = { take: (): void => undefined } as Pick<Running, 'take'>;
  const done = reflect<Pod>(
    {
      kind: 'Pod',
      ...(labelSelector === undefined ? {} : { labelSelector }),
      client: fake.client,
      pulse,
      clock,
      log,
      sink: {
        trim: (pod) => pod,
        replace: (items, version) => replaced.push(`${items.length} at ${version}`),
        apply: (event) => {
          running.take(event.type);
          applied.push(event.type);
        },
      },
    },
    stop.signal,
  );
  await settle();
  return Object.assign(running, { fake, clock, pulse, log, replaced, applied, stop, done });
}
