import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../../../src/api/binding.ts';
import { labels } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { Pod } from '../../../../src/api/pod.ts';
import { budgetRefusal } from '../../../support/eviction.ts';
import { make } from '../../../support/make.ts';
import { crashed, failing, mindPods } from '../../../support/minding-pods.ts';

const tries = ['evict Pod', 'event SidecarFailed'];

test('a Pod whose sidecar failed is evicted', async () => {
  const { verbs } = mindPods();
  expect(await verbs()).toEqual(tries);
});

describe('once the API server has agreed', () => {
  test('nothing is asked or told again until the watch shows that the Pod goes', async () => {
    const { verbs, clock, pods } = mindPods();
    await verbs();
    pods.set(crashed(51, { waiting: { reason: 'CrashLoopBackOff' } }));
    expect(await verbs()).toEqual([]);
    await clock.advance(60_000);
    expect(await verbs()).toEqual(tries);
  });
  test('after the Pod has gone, nothing is remembered of it', async () => {
    const { decide, settled, pods, verbs } = mindPods();
    await decide('shop/app-0');
    pods.remove(failing);
    settled('shop/app-0');
    pods.set(failing);
    expect(await verbs()).toEqual(tries);
  });
});

describe('a try that failed', () => {
  test('is not made again before Retry-After, whatever happens to the Pod', async () => {
    const { verbs, clock, pods } = mindPods();
    await verbs(budgetRefusal(10));
    await clock.advance(9_999);
    pods.set(crashed(51, { waiting: { reason: 'CrashLoopBackOff' } }));
    expect(await verbs()).toEqual([]);
    await clock.advance(1);
    expect(await verbs()).toEqual(['event EvictionRefused', ...tries]);
  });
  test('because of a budget is told once', async () => {
    const { held } = mindPods();
    expect(await held()).toEqual(tries);
    expect(await held()).toEqual(['event EvictionRefused', ...tries]);
    expect(await held()).toEqual(tries);
  });
});

describe('left alone is a Pod', () => {
  const { sidecar, ...spec } = make.binding().spec;
  const cases: Record<string, { pod?: Stored<Pod>; binding?: Stored<Binding> }> = {
    'that is gone': { pod: make.pod({ metadata: { name: 'other' } }) },
    'without our label': { pod: { ...failing, metadata: { ...failing.metadata, labels: {} } } },
    'that names another binding': {
      pod: { ...failing, metadata: { ...failing.metadata, labels: { [labels.binding]: 'other' } } },
    },
    'with our label that does not mount the claim': {
      pod: { ...failing, spec: { ...failing.spec, volumes: [] } },
    },
    'whose binding knows no sidecar': { binding: { ...make.binding(), spec } },
    'whose sidecar is well': { pod: make.pod() },
  };
  test.each(Object.entries(cases))('%s', async (_, { pod, binding }) => {
    expect(await mindPods(pod, binding).verbs()).toEqual([]);
  });
});
