import { expect, jest, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimPod } from '../../../controllers/trim.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { createCache } from '../../../src/kube/cache.ts';
import { Pulse } from '../../../src/kube/pulse.ts';
import { reflect, type Sink } from '../../../src/kube/reflector.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { fakeWatchClient } from '../../support/fake-watch.ts';
import { make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';

const PAGES = 20;
const PAGE = 500;
const MB = 1 << 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** MB of the heap that somebody holds. What one collection frees may be all that holds something else. */
function held(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / MB;
}

/** As an API server answers: of a Pod, most is envs and managedFields. */
function page(number: number): Stored<Pod>[] {
  const env = Array.from({ length: 60 }, (_, index) => ({ name: `VARIABLE_${index}`, value: 'x' }));
  const managedFields = Array.from({ length: 60 }, (_, index) => ({ [`f:field-${index}`]: {} }));
  const items = Array.from({ length: PAGE }, (_, index) => {
    const name = `pod-${number}-${index}`;
    const pod = make.pod({ metadata: { name, uid: name } });
    const spec = { ...pod.spec, containers: [make.container('app', { env })] };
    return { ...pod, spec, metadata: { ...pod.metadata, managedFields } };
  });
  return JSON.parse(JSON.stringify(items)) as Stored<Pod>[];
}

jest.setTimeout(60_000);

test('a list of 10,000 Pods is never held as the API server has it', async () => {
  // What is compiled and loaded for it once is not the page's.
  page(0);
  const before = held();
  const whole: Stored<Pod>[] = page(0);
  const ofOnePage = held() - before;
  expect(whole.splice(0)).toHaveLength(PAGE);
  let most = 0;
  const fake = fakeWatchClient<Pod>();
  fake.onList = ({ continue: from = '0' }) => {
    most = Math.max(most, held() - before);
    const number = Number(from) + 1;
    const next = number < PAGES ? { continue: String(number) } : {};
    return { items: page(number), resourceVersion: '10', ...next };
  };
  const cache = createCache<Pod>({
    kind: 'Pod',
    trim: trimPod,
    client: fake.client,
    clock: new FakeClock(),
    log: memoryLog(),
  });
  const stop = new AbortController();
  const done = cache.start(stop.signal);
  await cache.synced;
  await settle();
  stop.abort();
  await done;
  const kept = held() - before;
  expect([...cache.values()]).toHaveLength(PAGES * PAGE);
  // Whole, they would be twenty pages.
  expect(ofOnePage).toBeGreaterThan(2);
  expect(kept).toBeLessThan(5 * ofOnePage);
  expect(most).toBeLessThan(kept + 3 * ofOnePage);
});

test('a text that thousands of objects have alike is in memory once', () => {
  const OBJECTS = 2_000;
  const text = 'x'.repeat(5_000);
  const owner = { apiVersion: 'v1', kind: 'X', name: text, uid: text };
  const pod = make.pod({ metadata: { finalizers: [text], ownerReferences: [owner] } });
  const json = JSON.stringify(pod);
  const before = held();
  const kept = Array.from({ length: OBJECTS }, () => trimPod(JSON.parse(json) as Stored<Pod>));
  // Three texts of 5,000 bytes each, were they new for each Pod, are 29 MB.
  expect(held() - before).toBeLessThan((OBJECTS * text.length) / 2 / MB);
  expect(kept.at(-1)?.metadata.ownerReferences).toEqual([owner]);
});

test('texts of objects that nobody keeps are not kept either', () => {
  const trimmed = (name: string): Stored<Pod> => trimPod(make.pod({ metadata: { name } }));
  const text = 'x'.repeat(1_000);
  trimmed('first');
  const before = held();
  for (let index = 0; index < 20_000; index += 1) trimmed(`${text}-${index}`);
  // 20 MB, were they.
  expect(held() - before).toBeLessThan(6);
});

test('parts of objects that nobody keeps are not kept either', () => {
  const blocked = (message: string): Stored<Pod> =>
    trimPod(
      make.pod({ status: { conditions: [{ type: 'PodScheduled', status: 'False', message }] } }),
    );
  blocked('first');
  const before = held();
  // 18 MB of short ones and 300 MB of long ones, were they; so many that some are there at the end.
  for (let index = 0; index < 40_000; index += 1) blocked(`${'x'.repeat(400)}-${index}`);
  for (let index = 0; index < 20_150; index += 1) blocked(`${'x'.repeat(15_000)}-${index}`);
  expect(held() - before).toBeLessThan(2);
});

test('what was listed is held by nobody while the watch lasts, but for who took it', async () => {
  const fake = fakeWatchClient<Pod>([make.pod()]);
  const clock = new FakeClock();
  const listed: WeakRef<object>[] = [];
  const stop = new AbortController();
  const sink: Sink<Pod> = {
    trim: (pod) => ({ ...pod }),
    replace: (items) => listed.push(new WeakRef(items)),
    apply: () => undefined,
  };
  const options = { kind: 'Pod' as const, client: fake.client, sink, clock, log: memoryLog() };
  const done = reflect<Pod>({ ...options, pulse: new Pulse(clock) }, stop.signal);
  await settle();
  expect([fake.watches.length, listed.length]).toEqual([1, 1]);
  await eventually('the list to be let go', () => {
    collectGarbage();
    return listed[0]?.deref() === undefined;
  });
  stop.abort();
  await done;
});
