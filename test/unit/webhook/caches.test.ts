import { expect, test } from '@jest/globals';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import { createWebhookCaches } from '../../../webhook/caches.ts';
import { fakeCache } from '../../support/fake-cache.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { fakeWatchClient } from '../../support/fake-watch.ts';
import { make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';

const mark = { 'storageclass.kubernetes.io/is-default-class': 'true' };

test('of a class is kept which one is the default, of a namespace its labels, and nothing large', async () => {
  const { metadata } = make.claim({
    metadata: {
      name: 'one',
      labels: { team: 'red' },
      annotations: { ...mark, 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    },
  });
  const object = { apiVersion: 'v1', kind: 'Any', metadata, parameters: { large: 'x' } };
  const { client } = fakeWatchClient<KubeObject>([object]);
  const caches = createWebhookCaches({
    fluentPVCs: fakeCache<FluentPVC>(),
    client,
    clock: new FakeClock(),
    log: memoryLog(),
  });
  const stop = new AbortController();
  for (const cache of [caches.storageClasses, caches.namespaces]) {
    void cache.start(stop.signal);
    await settle();
    const { uid, resourceVersion, creationTimestamp, name } = metadata;
    const kept = { name, uid, resourceVersion, creationTimestamp, labels: { team: 'red' } };
    expect(cache.get('one')).toEqual({
      apiVersion: 'v1',
      kind: 'Any',
      metadata: { ...kept, annotations: mark },
    });
  }
  stop.abort();
});
