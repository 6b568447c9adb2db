import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import type { Kind } from '../../src/api/resources.ts';
import { systemClock } from '../../src/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { list, type Listing } from '../../src/kube/listing.ts';
import { Pulse } from '../../src/kube/pulse.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { selectionOf, type Selection } from '../../src/kube/selection.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';

/* The list by a watch, as the API server gives it, of every kind of storage. */
let api: Api;

shared(async (parts) => {
  api = await openApi(parts);
  const { signal } = new AbortController();
  await applyCRDs({ client: api.client, clock: systemClock, log: silentLog, signal });
});

/** As the API server has it by default: a list by a watch, where pages would fail, or pages. */
async function listed(kind: Kind, selection: Selection): Promise<Listing<KubeObject>> {
  const isPaged = (await api.client.version()).startsWith('v1.33.');
  let pages = 0;
  const counting: KubeClient = {
    ...api.client,
    list: (...args) => {
      pages += 1;
      return isPaged ? api.client.list(...args) : Promise.reject(new Error('no list by a watch'));
    },
  };
  const clock = systemClock;
  const options = { kind, client: counting, trim: <T>(object: T): T => object, clock };
  const { signal } = new AbortController();
  const pulse = new Pulse(clock);
  const found = await list<KubeObject>({ ...options, ...selection, pulse, log: silentLog }, signal);
  expect(pages > 0).toBe(isPaged);
  return found;
}

const name = ({ metadata }: KubeObject): string => metadata.name ?? '';

test.each<[string, Kind, Selection]>([
  ['nothing', 'PersistentVolumeClaim', { labelSelector: 'there=is-none' }],
  ['one object, by its name', 'Namespace', { fieldSelector: 'metadata.name=default' }],
  ['all of a kind', 'Namespace', {}],
  ['what a definition defines', 'FluentPVC', {}],
  ['what a definition defines in a namespace', 'FluentPVCBinding', { namespace: 'default' }],
])('%s', async (_called, kind, selection) => {
  await eventually('a FluentPVC', async () => {
    await api.client.patch(
      { kind: 'FluentPVC', name: 'listed' },
      { type: 'apply', body: fluentPVC('listed') },
    );
    return true;
  });
  const askedAt = Date.now();
  // The API server makes its caches of what definitions define when they are asked for.
  const { items, resourceVersion, servedAt } = await eventually('the list', () =>
    listed(kind, selection),
  );
  const paged = await api.client.list(kind, selectionOf(selection));
  expect(items.map(name).toSorted()).toEqual(paged.items.map(name).toSorted());
  expect(new Set(items.map((item) => item.kind))).toEqual(new Set(items.map(() => kind)));
  expect(Number(resourceVersion)).toBeGreaterThan(0);
  expect(Number(resourceVersion)).toBeLessThanOrEqual(Number(paged.resourceVersion));
  // Both clocks are this machine's; the API server says whole seconds.
  expect(servedAt).toBeGreaterThan(askedAt - 2_000);
});
