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

test('of a class is kept which one is the default, and nothing else', async () => {
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
    namespaces: fakeCache<KubeObject>(),
    client,
    clock: new FakeClock(),
    log: memoryLog(),
  });
  const stop = new AbortController();
  void caches.storageClasses.start(stop.signal);
  await settle();
  const { uid, resourceVersion, creationTimestamp, name } = metadata;
  expect(caches.storageClasses.get('one')).toEqual({
    apiVersion: 'v1',
    kind: 'Any',
    metadata: { uid, resourceVersion, creationTimestamp, name, annotations: mark },
  });
  stop.abort();
});
