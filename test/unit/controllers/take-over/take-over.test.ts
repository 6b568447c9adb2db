import { describe, expect, test } from '@jest/globals';
import { takeOver } from '../../../../controllers/take-over/take-over.ts';
import type { Binding } from '../../../../src/api/binding.ts';
import { crds } from '../../../../src/api/crd.ts';
import type { FluentPVC } from '../../../../src/api/fluentpvc.ts';
import { annotations, finalizers, labels } from '../../../../src/api/names.ts';
import type { KubeObject, Stored } from '../../../../src/api/object.ts';
import { createWriter } from '../../../../src/kube/writer.ts';
import { fakeCaches, type FakeCaches } from '../../../support/fake-caches.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { at, make, NAME } from '../../../support/make.ts';
import { memoryApi, refusal, type MemoryApi, type Refusal } from '../../../support/memory-api.ts';
import { memoryLog, type MemoryLog } from '../../../support/memory-log.ts';
import {
  originalBinding,
  originalClaim,
  originalJob,
  originalPod,
} from '../../../support/original.ts';

const admission = {
  namespace: 'shop',
  name: NAME,
  fluentPVC: { name: 'logs', uid: 'fluentpvc-uid' },
  pod: { name: 'app-0', uid: 'pod-uid' },
  pvc: { name: NAME, uid: 'claim-uid' },
};
const withUid = <T extends KubeObject>(object: T, uid: string): T => ({
  ...object,
  metadata: { ...object.metadata, uid },
});
const binding = withUid(originalBinding(admission), 'binding-uid');
const all: KubeObject[] = [
  binding,
  withUid(originalClaim({ namespace: 'shop', name: NAME }), 'claim-uid'),
  originalJob({ ...binding, metadata: { ...binding.metadata, uid: 'binding-uid' } }),
  withUid(originalPod(admission, { terminationGracePeriodSeconds: 90 }), 'pod-uid'),
  make.fluentPVC(),
];
const nobodys = [
  originalClaim({ namespace: 'shop', name: 'data-mysql-0' }, { finalizers: [] }),
  make.claim({ metadata: { name: 'ours' } }),
];
const lease = { kind: 'Lease', namespace: 'ops', name: 'operator' } as const;
/** A day after all there is was made. */
const ownLease = (creationTimestamp = at(86_400)): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace: 'ops', name: 'operator', creationTimestamp },
});
const ofBindings = crds.find(({ metadata }) => metadata.name?.startsWith('fluentpvcbindings.'));
const definition = (generation: number): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'fluentpvcs.fluent-pvc-operator.tech.zozo.com', generation },
});

const everything = [...all, ...(ofBindings === undefined ? [] : [ofBindings])];

/** The original's definition of bindings has one of that name, and another schema. */
const named = { metadata: { name: ofBindings?.metadata.name ?? '' } };

interface Setup {
  api: MemoryApi;
  clock: FakeClock;
  log: MemoryLog;
  /** A start of leadership, with caches that show what there is. */
  start: () => Promise<void>;
}
function setup(objects: KubeObject[], refuse?: Refusal): Setup {
  const api = memoryApi(...objects);
  if (refuse !== undefined) api.refuse = refuse;
  const clock = new FakeClock();
  const log = memoryLog();
  const writer = createWriter({
    ...{ client: api, clock, log },
    reporter: { controller: 'operator', instance: 'host_1' },
  });
  const caches = (): FakeCaches => {
    const shown = fakeCaches({});
    for (const name of ['logs', 'other']) {
      const fluentPVC = api.find('FluentPVC', name);
      if (fluentPVC !== undefined) shown.fluentPVCs.set(fluentPVC as Stored<FluentPVC>);
    }
    const found = api.find('FluentPVCBinding', NAME);
    if (found !== undefined) shown.bindings.set(found as Stored<Binding>);
    return shown;
  };
  const start = (): Promise<void> =>
    takeOver(
      {
        ...{ client: api, writer, clock, log, lease, namespaces: undefined },
        ...make,
        caches: caches(),
        concurrency: 2,
        hindered: () => undefined,
      },
      new AbortController().signal,
    );
  return { api, clock, log, start };
}
const marked = (api: MemoryApi, kind: 'PersistentVolumeClaim' | 'Job' | 'FluentPVCBinding') =>
  api.find(kind, NAME)?.metadata.annotations?.[annotations.admissionId];

test('all that the original left is taken over, and nothing is written a second time', async () => {
  const { api, log, start } = setup([...everything, ...nobodys]);
  await start();
  expect(api.writes.map(({ kind }) => kind).toSorted()).toEqual([
    'FluentPVCBinding',
    'Job',
    'PersistentVolumeClaim',
  ]);
  expect(api.find('FluentPVCBinding', NAME)).toMatchObject({
    spec: { sidecar: { mode: 'Regular' }, terminationGracePeriodSeconds: 90 },
  });
  expect(api.find('PersistentVolumeClaim', NAME)?.metadata.labels).toHaveProperty([labels.binding]);
  expect(log.at('info')).toEqual(['took over from the original operator']);
  api.requests.length = 0;
  await start();
  expect(api.writes).toEqual([]);
});

test('where it left nothing, a start costs one list of claims and one of Jobs', async () => {
  const settled = { annotations: { [annotations.settled]: 'true' } };
  const { api, log, start } = setup([make.fluentPVC({ metadata: settled }), ...nobodys]);
  await start();
  expect(api.requests.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual([
    'list PersistentVolumeClaim',
    'list Job',
  ]);
  expect(log.lines).toEqual([]);
});

test('a list of several pages is read to its end', async () => {
  const { api, start } = setup(everything);
  const list = api.list.bind(api);
  const asked: unknown[] = [];
  api.list = async (kind, options, call) => {
    asked.push([kind, options.limit, options.continue]);
    const page = await list(kind, options, call);
    if (kind !== 'PersistentVolumeClaim' || options.continue !== undefined) return page as never;
    return { ...page, items: [], continue: 'next' };
  };
  await start();
  expect(asked).toContainEqual(['PersistentVolumeClaim', 500, 'next']);
  expect(marked(api, 'PersistentVolumeClaim')).toBe('claim-uid');
});

describe('a crash heals with the next start', () => {
  test.each([0, 1, 2, 3, 4])('after %i writes', async (count) => {
    const objects = [...everything, ownLease(), definition(2)];
    const { api, clock, start } = setup(objects, ({ verb }) =>
      verb === 'patch' && api.writes.length > count ? refusal(500, 'InternalError') : undefined,
    );
    void start();
    await settle();
    api.refuse = () => undefined;
    const next = start();
    await clock.advance(0);
    await next;
    expect([
      marked(api, 'PersistentVolumeClaim'),
      marked(api, 'Job'),
      marked(api, 'FluentPVCBinding'),
    ]).toEqual(['claim-uid', 'claim-uid', 'claim-uid']);
    expect(api.find('FluentPVCBinding', NAME)).toMatchObject({
      spec: { sidecar: { podDeletionTrigger: 'Never' } },
    });
  });
});

describe('a write that fails', () => {
  const failing = (error: Error) =>
    setup(everything, ({ verb, kind }) => (verb === 'patch' && kind === 'Job' ? error : undefined));
  test('for good is told, and keeps nothing else from being taken over', async () => {
    const { api, log, start } = failing(refusal(422, 'Invalid', 'no'));
    await start();
    expect(log.at('error')).toEqual(['cannot take an object over from the original operator']);
    expect(log.lines[0]?.fields.object).toBe(`Job shop/${NAME}`);
    expect(marked(api, 'FluentPVCBinding')).toBe('claim-uid');
  });
  test.each([409, 429, 500])(
    'with %i is tried again, and only then the work begins',
    async (code) => {
      const { api, clock, start } = failing(refusal(code, 'Later'));
      let done = false;
      const started = start().then(() => {
        done = true;
      });
      await clock.advance(500);
      expect(done).toBe(false);
      api.refuse = () => undefined;
      await clock.advance(1_200);
      await started;
      expect(marked(api, 'Job')).toBe('claim-uid');
    },
  );
});

test('no binding is completed by the definition of the original, which would drop its snapshot', async () => {
  const { api, clock, log, start } = setup([...all, { ...definition(1), ...named }]);
  const done = start();
  await clock.advance(60_000);
  expect(log.lines.map(({ fields }) => fields.error)).toEqual([
    expect.stringContaining('apply the ones of this version'),
  ]);
  expect(api.writes).toEqual([]);
  if (ofBindings !== undefined) api.put(ofBindings);
  await clock.advance(36_000);
  await done;
  expect(marked(api, 'FluentPVCBinding')).toBe('claim-uid');
});

describe('FluentPVCs that leave out whether Pods are deleted', () => {
  const value = (api: MemoryApi): unknown =>
    (api.find('FluentPVC', 'logs') as Stored<FluentPVC>).spec
      .deletePodIfSidecarContainerTerminationDetected;
  test('say no, where they are older than us', async () => {
    const { api, start } = setup([make.fluentPVC(), ownLease(), definition(2)]);
    await start();
    expect(value(api)).toBe(false);
    api.requests.length = 0;
    await start();
    expect(api.requests.map(({ verb }) => verb)).toEqual(['list', 'list']);
  });
  test('say so before a binding is made from them', async () => {
    const { api, start } = setup([...everything, ownLease(), definition(2)]);
    await start();
    expect(api.writes.map(({ kind }) => kind)[0]).toBe('FluentPVC');
    expect(api.find('FluentPVCBinding', NAME)).toMatchObject({
      spec: { sidecar: { podDeletionTrigger: 'Never' } },
    });
  });
  const others: Record<string, KubeObject[]> = {
    'where they are younger': [ownLease(at(-1)), definition(2)],
    'where the definition was never another one': [ownLease(), definition(1)],
    'where no Lease says since when we lead': [definition(2)],
    'where there is no definition to look at': [ownLease()],
  };
  test.each(Object.entries(others))('stay as they are %s', async (_, objects) => {
    const { api, start } = setup([make.fluentPVC(), ...objects]);
    await start();
    expect([value(api), api.writes]).toEqual([undefined, []]);
  });
});

test('what only people can finish is told them', async () => {
  const stray = originalClaim({ namespace: 'shop', name: 'stray' });
  const { log, start } = setup([stray]);
  await start();
  expect(log.at('warn')).toEqual([expect.stringContaining('PVC "shop/stray" has the finalizer')]);
  expect(stray.metadata.finalizers).toEqual([finalizers.claim]);
});

test('who does not lead any more stops trying', async () => {
  const { api, clock, log } = setup([], () => refusal(500, 'InternalError'));
  const told: (string | undefined)[] = [];
  const stop = new AbortController();
  const writer = createWriter({
    ...{ client: api, clock, log },
    reporter: { controller: 'operator', instance: 'host_1' },
  });
  const hindered = (why: string | undefined): number => told.push(why);
  const options = { client: api, writer, clock, log, lease, concurrency: 1, hindered };
  const done = takeOver(
    { ...options, ...make, namespaces: undefined, caches: fakeCaches({}) },
    stop.signal,
  );
  await clock.advance(0);
  // Whoever asks why nothing is done is told.
  expect(told).toEqual([expect.stringContaining('InternalError')]);
  stop.abort();
  await done;
  expect(clock.pending).toBe(0);
});
