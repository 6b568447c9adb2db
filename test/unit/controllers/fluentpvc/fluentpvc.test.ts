import { describe, expect, test } from '@jest/globals';
import type { Users } from '../../../../controllers/fluentpvc/fluentpvc-users.ts';
import {
  createFluentPVCDecider,
  fluentPVCPlan,
} from '../../../../controllers/fluentpvc/fluentpvc.ts';
import type { FluentPVC } from '../../../../src/api/fluentpvc.ts';
import { annotations, DRAINED, finalizers, labels } from '../../../../src/api/names.ts';
import type { ObjectMeta, Stored } from '../../../../src/api/object.ts';
import type { Plan } from '../../../../src/core/plan.ts';
import { fakeCaches } from '../../../support/fake-caches.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { at, make, NAME, T0 } from '../../../support/make.ts';
import { memoryApi } from '../../../support/memory-api.ts';
import { message } from '../../../support/said.ts';

const settled = { annotations: { [annotations.settled]: 'true' } };
const kept = { finalizers: ['other', finalizers.fluentPVC], ...settled };
const deleting = { deletionTimestamp: at(1) };
const none = { bindings: 0, claims: 0, keys: [] };
const plan = (fluentPVC: Stored<FluentPVC>, users: Users = none): Plan =>
  fluentPVCPlan(fluentPVC, users, T0);
const ref = { kind: 'FluentPVC', name: 'logs' };

test('a new one gets our finalizer besides those it has, for this version of it', () => {
  const fluentPVC = make.fluentPVC({ metadata: { finalizers: ['other'] } });
  expect(plan(fluentPVC).writes).toEqual([
    {
      verb: 'patch',
      ref,
      type: 'merge',
      body: {
        metadata: {
          uid: 'fluentpvc-uid',
          resourceVersion: '500',
          annotations: { [annotations.settled]: 'true' },
          finalizers: ['other', finalizers.fluentPVC],
        },
      },
    },
  ]);
  expect(plan(make.fluentPVC()).writes).toMatchObject([
    { body: { metadata: { finalizers: [finalizers.fluentPVC] } } },
  ]);
});

test('one that has our finalizer from the original operator is marked as seen, no more', () => {
  const fluentPVC = make.fluentPVC({ metadata: { finalizers: [finalizers.fluentPVC] } });
  expect(plan(fluentPVC).writes).toEqual([
    {
      verb: 'patch',
      ref,
      type: 'merge',
      body: {
        metadata: { uid: 'fluentpvc-uid', resourceVersion: '500', ...settled },
      },
    },
  ]);
});

test('one that is deleted goes with its last binding', () => {
  const fluentPVC = make.fluentPVC({ metadata: { ...kept, ...deleting } });
  expect(plan(fluentPVC).writes).toEqual([
    {
      verb: 'patch',
      ref,
      type: 'json',
      body: [
        { op: 'test', path: '/metadata/uid', value: 'fluentpvc-uid' },
        { op: 'test', path: '/metadata/finalizers/1', value: finalizers.fluentPVC },
        { op: 'remove', path: '/metadata/finalizers/1' },
      ],
    },
  ]);
});

describe('nothing is written', () => {
  const cases = {
    'of one in use': { metadata: kept, users: { ...none, bindings: 3, claims: 3 } },
    'of one without bindings that is not deleted': { metadata: kept, users: none },
    'of one that others keep': { metadata: { finalizers: ['other'], ...deleting }, users: none },
  };
  test.each(Object.entries(cases))('%s', (_, { metadata, users }) => {
    expect(plan(make.fluentPVC({ metadata }), users).writes).toEqual([]);
  });
});

describe('one that is deleted', () => {
  const setup = () => {
    const caches = fakeCaches({});
    caches.fluentPVCs.set(make.fluentPVC({ metadata: { ...kept, ...deleting } }));
    const client = memoryApi();
    const decider = createFluentPVCDecider({
      caches,
      client,
      clock: new FakeClock(),
      namespaces: undefined,
    });
    const decide = (): Promise<Plan> => decider('logs', new AbortController().signal);
    const goes = async (): Promise<boolean> =>
      (await decide()).writes.some((write) => write.verb === 'patch' && write.type === 'json');
    return { ...caches, client, decide, goes };
  };
  test('stays for a binding that has its uid, not for one that has its name', async () => {
    const { bindings, goes } = setup();
    bindings.set(make.binding());
    expect(await goes()).toBe(false);
    bindings.set(make.binding({ spec: { fluentPVC: { name: 'logs', uid: 'former-uid' } } }));
    expect(await goes()).toBe(true);
  });
  test('stays for a claim whose binding is to be made anew from it', async () => {
    const { claims, goes } = setup();
    claims.set(make.claim());
    expect(await goes()).toBe(false);
    claims.remove(make.claim());
    expect(await goes()).toBe(true);
  });
  const others: Record<string, ObjectMeta> = {
    'a claim of another one': { labels: { [labels.fluentPVC]: 'other' } },
    'a claim without our finalizer, which is over': { finalizers: [finalizers.claimInUse] },
    'a claim without our label': { labels: {} },
  };
  test.each(Object.entries(others))('does not stay for %s', async (_, metadata) => {
    const { claims, goes } = setup();
    claims.set(make.claim({ metadata }));
    expect(await goes()).toBe(true);
  });

  describe('and whose users no cache shows', () => {
    const hidden = { binding: make.binding(), claim: make.claim() };
    test.each(Object.entries(hidden))('stays for a %s that the API server has', async (_, one) => {
      const { client, decide, goes } = setup();
      client.put(one);
      expect(await goes()).toBe(false);
      expect(message(await decide(), 'Deleting')).toContain(`shop/${NAME}`);
      expect((await decide()).requeueAfterMs).toBe(30_000);
    });
    const state = { [labels.state]: DRAINED };
    const gone = {
      'a binding of another one of its name': make.binding({
        spec: { fluentPVC: { name: 'logs', uid: 'former-uid' } },
      }),
      'a claim that is released, and kept by a Pod that has ended': make.claim({
        metadata: { ...deleting, finalizers: [finalizers.claimInUse] },
      }),
      'a claim that is drained and kept': make.claim({
        metadata: { labels: { ...make.claim().metadata.labels, ...state }, finalizers: [] },
      }),
      'a claim that only carries its label, as of a StatefulSet': make.claim({
        metadata: { labels: { [labels.fluentPVC]: 'logs' } },
      }),
    };
    test.each(Object.entries(gone))('does not stay for %s', async (_, one) => {
      const { client, goes } = setup();
      client.put(one);
      expect(await goes()).toBe(true);
    });
    test('stays for one on the last page', async () => {
      const { client, goes } = setup();
      const page = { items: [], resourceVersion: '1' };
      client.list = ((kind: string, { continue: from }: { continue?: string }) => {
        if (kind !== 'PersistentVolumeClaim') return Promise.resolve(page);
        const last = { ...page, items: [make.claim()] };
        return Promise.resolve(from === 'next' ? last : { ...page, continue: 'next' });
      }) as typeof client.list;
      expect(await goes()).toBe(false);
    });
    test('is looked for in the namespaces alone that the operator has rights in', async () => {
      const asked: unknown[] = [];
      const client = memoryApi();
      client.list = (kind: string, { namespace }: { namespace?: string }) => {
        asked.push(`${kind} in ${namespace ?? 'all'}`);
        return Promise.resolve({ items: [], resourceVersion: '1' });
      };
      const caches = fakeCaches({});
      caches.fluentPVCs.set(make.fluentPVC({ metadata: { ...kept, ...deleting } }));
      const options = { caches, client, clock: new FakeClock(), namespaces: ['shop', 'pay'] };
      await createFluentPVCDecider(options)('logs', new AbortController().signal);
      expect(asked.toSorted()).toEqual([
        'FluentPVCBinding in pay',
        'FluentPVCBinding in shop',
        'PersistentVolumeClaim in pay',
        'PersistentVolumeClaim in shop',
      ]);
    });
    test('costs two requests, once it has no other users', async () => {
      const { client, bindings, decide } = setup();
      bindings.set(make.binding());
      await decide();
      expect(client.requests).toEqual([]);
      bindings.remove(make.binding());
      await decide();
      expect(client.requests.map(({ verb }) => verb)).toEqual(['list', 'list']);
    });
  });
});

test('one that is gone needs nothing', async () => {
  const [caches, client, clock] = [fakeCaches({}), memoryApi(), new FakeClock()];
  const decide = createFluentPVCDecider({ caches, client, clock, namespaces: undefined });
  expect((await decide('unknown', new AbortController().signal)).writes).toEqual([]);
  expect(client.requests).toEqual([]);
});
