import { describe, expect, test } from '@jest/globals';
import { createBindingDecider } from '../../../../controllers/binding/binding.ts';
import { createNodeMemory } from '../../../../controllers/binding/in-use/node-memory.ts';
import { releasePlan } from '../../../../controllers/binding/release-plan.ts';
import type { Binding } from '../../../../src/api/binding.ts';
import { DRAINED, finalizers, labels } from '../../../../src/api/names.ts';
import type { ObjectMeta, Stored } from '../../../../src/api/object.ts';
import { createWriter } from '../../../../src/kube/writer.ts';
import { fakeCaches } from '../../../support/fake-caches.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { at, KEY, make, NAME, T0 } from '../../../support/make.ts';
import { memoryApi, type MemoryApi } from '../../../support/memory-api.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { deeds, said } from '../../../support/said.ts';

const finalization = { onSuccess: 'Retain', onNamespaceDeletion: 'Rescue' } as const;
const bindingThat = (...types: string[]): Stored<Binding> =>
  make.binding({
    spec: { finalization },
    status: { conditions: types.map((type) => make.condition(type)) },
  });
const drained = bindingThat('FinalizerJobSucceeded');
const CLAIM = 'PersistentVolumeClaim';
const end = ['delete FluentPVCBinding', 'patch FluentPVCBinding'];
const labelled: ObjectMeta = {
  labels: { ...make.claim().metadata.labels, [labels.state]: DRAINED },
};
const retained: ObjectMeta = { ...labelled, finalizers: [finalizers.claimInUse] };

function plan(change: Partial<Parameters<typeof releasePlan>[0]>): ReturnType<typeof releasePlan> {
  const base = {
    now: T0,
    binding: drained,
    claim: make.claim(),
    pods: [],
    job: make.job(),
    jobPods: [],
    volume: 'absent' as const,
  };
  return releasePlan({ ...base, ...change });
}

describe('where a drained claim is to be retained', () => {
  test('the Job goes, then in one patch our finalizer for the label, and the binding ends', () => {
    const { writes } = plan({ jobPods: [make.pod()] });
    expect(deeds(writes)).toEqual(['delete Job', 'delete Pod', `patch ${CLAIM}`, ...end]);
    expect(writes[2]).toEqual({
      verb: 'patch',
      ref: { kind: CLAIM, namespace: 'shop', name: NAME },
      type: 'json',
      body: [
        { op: 'test', path: '/metadata/uid', value: 'claim-uid' },
        { op: 'test', path: '/metadata/finalizers/0', value: finalizers.claim },
        { op: 'remove', path: '/metadata/finalizers/0' },
        {
          op: 'add',
          path: '/metadata/labels/fluent-pvc-operator.tech.zozo.com~1state',
          value: 'drained',
        },
      ],
    });
  });

  const cases: Record<string, { metadata?: ObjectMeta; gone?: true; writes: string[] }> = {
    'one that somebody deleted meanwhile loses our finalizer and goes': {
      metadata: { deletionTimestamp: at(1) },
      writes: [`patch ${CLAIM}`, ...end],
    },
    'one that is gone needs nothing': { gone: true, writes: end },
    'one that is retained already needs nothing': { metadata: retained, writes: end },
    'one that is retained and was deleted since needs nothing': {
      metadata: { ...retained, deletionTimestamp: at(1) },
      writes: end,
    },
    'one that has only the label loses our finalizer': {
      metadata: labelled,
      writes: [`patch ${CLAIM}`, ...end],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { metadata = {}, gone, writes }) => {
    const claim = gone ? undefined : make.claim({ metadata });
    expect(deeds(plan({ job: undefined, claim }).writes)).toEqual(writes);
  });

  const strangers: Record<string, ObjectMeta> = {
    'has the label and is of another admission': { ...retained, annotations: {} },
    'has lost our finalizer and has no label': { finalizers: [] },
  };
  test.each(Object.entries(strangers))('one that %s is left alone', (_, metadata) => {
    const decided = plan({ job: undefined, claim: make.claim({ metadata }) });
    expect(said(decided)).toMatchObject({ Unknown: 'True PVCNotOurs' });
    expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status']);
  });
  test('one that has the label and another uid is left alone, and the binding ends', () => {
    const claim = make.claim({ metadata: { ...retained, uid: 'another' } });
    expect(deeds(plan({ job: undefined, claim }).writes)).toEqual([
      'delete FluentPVCBinding',
      'patch FluentPVCBinding',
    ]);
  });
});

describe('whatever onSuccess says, it is deleted', () => {
  const claim = make.claim();
  test('a claim that was rescued: somebody had deleted it', () => {
    const pvc = { name: NAME, uid: 'former-uid' };
    const rescue = { namespace: 'shop', pvc, volumeName: 'pv-1', podOver: true };
    const binding = { ...drained, spec: { ...drained.spec, rescue } };
    const { writes } = plan({ binding, claim, job: undefined });
    expect(deeds(writes)).toEqual([`delete ${CLAIM}`, `patch ${CLAIM}`, ...end]);
  });
  test.each([
    ['a claim that was never used', 'PodMissing', [`delete ${CLAIM}`]],
    [
      'a claim whose data was given up',
      'DataGivenUp',
      [`delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
    ],
  ])('%s', (_, type, writes) => {
    const decided = plan({ binding: bindingThat(type), claim, job: undefined });
    expect(deeds(decided.writes)).toEqual(writes);
  });
});

describe('a crash between any two writes of it', () => {
  /** A new process: its caches are what the API server has, and they watch no retained claim. */
  const leadAnew = async (api: MemoryApi, stopAfter = Infinity): Promise<void> => {
    const reporter = { controller: 'test', instance: 'test' };
    const writer = createWriter({
      client: api,
      clock: new FakeClock(),
      log: memoryLog(),
      reporter,
    });
    const find = <T>(kind: Parameters<MemoryApi['find']>[0]): T[] => {
      const found = api.find(kind, NAME);
      const isWatched = found?.metadata.labels?.[labels.state] !== DRAINED;
      return found !== undefined && isWatched ? [found as T] : [];
    };
    const caches = fakeCaches({
      bindings: find('FluentPVCBinding'),
      claims: find(CLAIM),
      jobs: find('Job'),
    });
    const { defaults } = make;
    const clock = new FakeClock();
    const nodeMemory = createNodeMemory(clock);
    const base = { client: api, clock, nodeMemory, defaults, rescueNamespace: undefined };
    const decide = createBindingDecider({ caches, ...base });
    const { writes } = await decide(KEY, new AbortController().signal);
    await writer.apply(writes.slice(0, stopAfter));
  };

  test.each([0, 1, 2, 3, 4])('after %d of them comes to the same end', async (count) => {
    const api = memoryApi(drained, make.claim(), make.job());
    await leadAnew(api, count);
    await leadAnew(api);
    await leadAnew(api);
    expect(api.find('FluentPVCBinding', NAME)).toBeUndefined();
    expect(api.find('Job', NAME)).toBeUndefined();
    expect(api.find(CLAIM, NAME)?.metadata).toMatchObject({
      labels: { [labels.state]: DRAINED },
      finalizers: [finalizers.claimInUse],
    });
  });
});
