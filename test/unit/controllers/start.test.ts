import { describe, expect, test } from '@jest/globals';
import { createControllers } from '../../../controllers/start.ts';
import { createNodeMemory } from '../../../controllers/binding/in-use/node-memory.ts';
import { finalizers } from '../../../src/api/names.ts';
import type { Pod } from '../../../src/api/pod.ts';
import type { KubeObject, Stored } from '../../../src/api/object.ts';
import { createWriter } from '../../../src/kube/writer.ts';
import { fakeCaches, type FakeCaches } from '../../support/fake-caches.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { at, make } from '../../support/make.ts';
import { memoryApi, type MemoryApi } from '../../support/memory-api.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { memoryMetrics, type MemoryMetrics } from '../../support/memory-metrics.ts';

interface Standby {
  caches: FakeCaches;
  clock: FakeClock;
  api: MemoryApi;
  metrics: MemoryMetrics;
  /** Which controllers have worked since this was asked last. */
  reconciled: () => string[];
  /** Names of the FluentPVCs whose brake is on; `undefined` where there is no census. */
  braked: () => string[] | undefined;
  lead: (signal: AbortSignal) => Promise<void>;
}
function standby(): Standby {
  const caches = fakeCaches({
    bindings: [make.binding()],
    pods: [make.pod()],
    claims: [make.claim()],
  });
  const clock = new FakeClock();
  const api = memoryApi(make.binding(), make.fluentPVC());
  const log = memoryLog();
  const metrics = memoryMetrics();
  const reporter = { controller: 'operator', instance: 'host_1' };
  const lead = createControllers({
    caches,
    client: api,
    writer: createWriter({ client: api, clock, log, reporter }),
    clock,
    nodeMemory: createNodeMemory(clock),
    log,
    concurrency: 2,
    evictionTimeoutMs: 300_000,
    defaults: make.defaults,
    namespaces: undefined,
    rescueNamespace: 'rescue',
    metrics,
  });
  const reconciled = (): string[] =>
    metrics.reconciles.splice(0).map(({ controller }) => controller);
  const braked = (): string[] | undefined => {
    const census = [...metrics.takeCensus()];
    const names = census.filter(([, standing]) => standing.braked).map(([name]) => name);
    return census.length === 0 ? undefined : names;
  };
  return { caches, clock, api, metrics, reconciled, braked, lead };
}

/** The API server has it no more. */
async function forgetBinding(api: MemoryApi): Promise<void> {
  const { namespace, name, uid } = make.binding().metadata;
  const ref = { kind: 'FluentPVCBinding', namespace, name } as const;
  await api.patch(ref, { type: 'merge', body: { metadata: { finalizers: null } } });
  await api.delete(ref, { uid, propagation: 'Background' });
}

test('while it stands by nothing is done', async () => {
  const { caches, clock, api, metrics, reconciled, braked } = standby();
  caches.pods.set(make.pod());
  caches.bindings.set(make.binding());
  await clock.advance(60_000);
  expect([reconciled(), api.requests]).toEqual([[], []]);
  expect([...metrics.queues.keys()].toSorted()).toEqual(['binding', 'brake', 'fluentpvc', 'pod']);
  // Another process leads, and shows how things stand.
  expect(braked()).toBeUndefined();
});

describe('once it leads', () => {
  const leading = async (): Promise<Standby & { stop: AbortController; done: Promise<void> }> => {
    const all = standby();
    const stop = new AbortController();
    const done = all.lead(stop.signal);
    await all.clock.advance(0);
    return { ...all, stop, done };
  };
  test('it starts with all there is', async () => {
    const { reconciled } = await leading();
    expect(reconciled().toSorted()).toEqual(['binding', 'brake', 'pod']);
  });
  test('it starts with claims that have no binding, too', async () => {
    const all = standby();
    all.caches.bindings.remove(make.binding());
    all.caches.pods.remove(make.pod(), 'missed');
    void all.lead(new AbortController().signal);
    await all.clock.advance(0);
    expect(all.reconciled()).toEqual(['binding']);
  });
  test('a binding that changes concerns itself, its FluentPVC and its Pods', async () => {
    const { caches, clock, reconciled } = await leading();
    reconciled();
    caches.bindings.set(make.binding());
    await clock.advance(0);
    expect(reconciled().toSorted()).toEqual(['binding', 'fluentpvc', 'pod']);
  });
  describe('sidecars that fail', () => {
    const member = (i: number): Stored<Pod> =>
      make.pod({
        metadata: { name: `app-${i}`, uid: `uid-${i}` },
        status: {
          phase: 'Running',
          initContainerStatuses: [{ name: 'fluentd', state: make.terminated(1, 50) }],
          containerStatuses: [make.running('app')],
        },
      });
    test('concern the brake of their FluentPVC, and each deletion is told', async () => {
      const { caches, clock, metrics, reconciled, braked } = await leading();
      expect(braked()).toEqual([]);
      reconciled();
      caches.pods.set(member(0));
      await clock.advance(0);
      expect(reconciled()).toEqual(expect.arrayContaining(['brake', 'pod']));
      expect(metrics.outcomes).toEqual([
        { kind: 'sidecarDeletion', fluentPVC: 'logs', trigger: 'SidecarFailure' },
      ]);
    });
    test('have one Pod go a minute with the brake on, and all when it goes off', async () => {
      const { caches, clock, metrics, braked } = await leading();
      const { outcomes } = metrics;
      for (let i = 0; i < 10; i += 1) caches.pods.set(member(i));
      await clock.advance(0);
      expect([braked(), outcomes]).toEqual([['logs'], []]);
      for (const i of [0, 1, 2, 3, 4, 5]) caches.pods.remove(member(i));
      await clock.advance(59_999);
      expect(outcomes).toHaveLength(0);
      await clock.advance(1);
      expect(outcomes).toHaveLength(1);
      await clock.advance(60_000);
      expect(outcomes).toHaveLength(2);
      await clock.advance(180_000);
      expect(braked()).toEqual([]);
    });
  });
  test('a FluentPVC concerns itself, and claims that have lost their binding', async () => {
    const { caches, clock, reconciled } = await leading();
    reconciled();
    caches.fluentPVCs.set(make.fluentPVC());
    await clock.advance(0);
    expect(reconciled()).toEqual(['fluentpvc']);
    caches.bindings.remove(make.binding());
    await clock.advance(0);
    reconciled();
    caches.fluentPVCs.remove(make.fluentPVC());
    await clock.advance(0);
    expect(reconciled()).toEqual(['fluentpvc']);
    caches.fluentPVCs.set(make.fluentPVC());
    await clock.advance(0);
    expect(reconciled().toSorted()).toEqual(['binding', 'fluentpvc']);
  });
  test('a claim that changes concerns its binding and its FluentPVC', async () => {
    const { caches, clock, reconciled } = await leading();
    reconciled();
    caches.claims.set(make.claim());
    await clock.advance(0);
    expect(reconciled().toSorted()).toEqual(['binding', 'fluentpvc']);
    reconciled();
    caches.claims.set(make.claim({ metadata: { labels: {} } }));
    await clock.advance(0);
    expect(reconciled()).toEqual([]);
  });
  test('the last claim without a binding lets its FluentPVC go', async () => {
    const { caches, clock, api } = await leading();
    const deleted = make.fluentPVC({
      metadata: { finalizers: [finalizers.fluentPVC], deletionTimestamp: at(1) },
    });
    api.put(deleted);
    caches.bindings.remove(make.binding());
    caches.fluentPVCs.set(deleted);
    await clock.advance(0);
    expect(api.find('FluentPVC', 'logs')).toBeDefined();
    await forgetBinding(api);
    caches.claims.remove(make.claim());
    await clock.advance(0);
    expect(api.find('FluentPVC', 'logs')).toBeUndefined();
  });
  test('the last binding lets its FluentPVC go', async () => {
    const { caches, clock, api } = await leading();
    caches.claims.remove(make.claim());
    const deleted = make.fluentPVC({
      metadata: { finalizers: [finalizers.fluentPVC], deletionTimestamp: at(1) },
    });
    api.put(deleted);
    caches.fluentPVCs.set(deleted);
    await clock.advance(0);
    expect(api.find('FluentPVC', 'logs')).toBeDefined();
    await forgetBinding(api);
    caches.bindings.remove(make.binding());
    await clock.advance(0);
    expect(api.find('FluentPVC', 'logs')).toBeUndefined();
  });
  test('a process that leads again starts from all there is by then, and does nothing twice', async () => {
    const { caches, clock, stop, done, lead, reconciled, metrics, braked } = await leading();
    stop.abort();
    await done;
    reconciled();
    const later = make.pod({ metadata: { name: 'app-1', uid: 'later-uid', labels: {} } });
    caches.pods.set(later);
    await clock.advance(60_000);
    const depths = [...metrics.queues.values()].map((read) => read().depth);
    expect([reconciled(), depths, braked()]).toEqual([[], [0, 0, 0, 0], undefined]);
    void lead(new AbortController().signal);
    await clock.advance(0);
    expect(reconciled().toSorted()).toEqual(['binding', 'brake', 'pod', 'pod']);
    reconciled();
    caches.pods.set(later);
    await clock.advance(0);
    expect(reconciled()).toEqual(['pod']);
  });
  test('a namespace that goes concerns the bindings and claims in it, and no others', async () => {
    const { caches, clock, reconciled } = await leading();
    const stays = make.binding({ metadata: { name: 'other', namespace: 'other' } });
    caches.bindings.set(stays);
    await clock.advance(0);
    reconciled();
    const metadata = { uid: 'x', resourceVersion: '1', creationTimestamp: at(0) };
    const namespace = (name: string, goes: object): Stored<KubeObject> => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { ...metadata, name, ...goes },
    });
    caches.namespaces.set(namespace('shop', {}));
    caches.namespaces.set(namespace('third', { deletionTimestamp: at(1) }));
    await clock.advance(0);
    expect(reconciled()).toEqual([]);
    caches.namespaces.set(namespace('shop', { deletionTimestamp: at(1) }));
    await clock.advance(0);
    expect(reconciled()).toEqual(['binding']);
  });
  test('it ends with the signal', async () => {
    const { stop, done, clock } = await leading();
    stop.abort();
    await done;
    expect(clock.pending).toBe(0);
  });
});
