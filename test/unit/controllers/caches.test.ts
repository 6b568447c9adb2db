import { describe, expect, test } from '@jest/globals';
import { bindingKeyBy, createCaches } from '../../../controllers/caches.ts';
import { labels } from '../../../src/api/names.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import type { Cache } from '../../../src/kube/cache.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { fakeWatchClient } from '../../support/fake-watch.ts';
import { KEY, make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';

describe('what is watched', () => {
  const selectors = {
    fluentPVCs: undefined,
    bindings: undefined,
    claims: `${labels.binding},${labels.state}!=drained`,
    pods: labels.binding,
    jobs: labels.finalizerJobOf,
    jobPods: labels.finalizerJobOf,
  } as const;
  test.each(Object.entries(selectors))(
    '%s, by our label where others have such',
    async (name, selector) => {
      const fake = fakeWatchClient<KubeObject>();
      const caches = createCaches({
        client: fake.client,
        namespaces: undefined,
        clock: new FakeClock(),
        log: memoryLog(),
      });
      const stop = new AbortController();
      void caches[name as keyof typeof caches].start(stop.signal);
      await settle();
      expect(fake.lists).toEqual([
        { limit: 500, ...(selector === undefined ? {} : { labelSelector: selector }) },
      ]);
      stop.abort();
    },
  );
});

test('of some namespaces only, each is watched for itself; what is of the cluster, as ever', async () => {
  const fake = fakeWatchClient<KubeObject>();
  const caches = createCaches({
    client: fake.client,
    clock: new FakeClock(),
    log: memoryLog(),
    namespaces: ['shop', 'pay'],
  });
  const stop = new AbortController();
  for (const cache of Object.values(caches) as Cache<KubeObject>[]) void cache.start(stop.signal);
  await settle();
  const where = fake.lists.map((list) => list.namespace ?? 'the cluster').toSorted();
  const five = <T>(value: T): T[] => Array.from({ length: 5 }, () => value);
  expect(where).toEqual([...five('pay'), ...five('shop'), 'the cluster', 'the cluster']);
  stop.abort();
});

test('bindings and claims are found by their FluentPVC, Pods by their binding, without what is large', async () => {
  const jobPod = make.pod({
    metadata: { labels: { [labels.finalizerJobOf]: make.job().metadata.name } },
  });
  const content = {
    bindings: [make.binding({ spec: { snapshot: '{}' } })],
    claims: [make.claim()],
    pods: [make.pod({ metadata: { annotations: { a: 'b' } } })],
    jobPods: [jobPod],
  };
  const values = { bindings: 'fluentpvc-uid', claims: 'logs', pods: KEY, jobPods: KEY };
  for (const [name, items] of Object.entries(content)) {
    const value = values[name as keyof typeof values];
    const fake = fakeWatchClient<KubeObject>(items);
    const caches = createCaches({
      client: fake.client,
      namespaces: undefined,
      clock: new FakeClock(),
      log: memoryLog(),
    });
    const cache = caches[name as keyof typeof content];
    const stop = new AbortController();
    void cache.start(stop.signal);
    await settle();
    const [found] = cache.byIndex(value);
    expect(found?.metadata.uid).toBe(items[0]?.metadata.uid);
    expect(found?.spec).not.toHaveProperty('snapshot');
    if (name === 'pods') expect(found?.metadata).not.toHaveProperty('annotations');
    stop.abort();
  }
});

test('the key of a binding is in the namespace of who names it', () => {
  const keyOf = bindingKeyBy(labels.binding);
  expect(keyOf(make.pod())).toBe(KEY);
  expect(keyOf(make.pod({ metadata: { labels: {} } }))).toBeUndefined();
});
