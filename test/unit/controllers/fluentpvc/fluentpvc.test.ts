import { describe, expect, test } from '@jest/globals';
import type { Users } from '../../../../controllers/fluentpvc/fluentpvc-users.ts';
import {
  createFluentPVCDecider,
  fluentPVCPlan,
} from '../../../../controllers/fluentpvc/fluentpvc.ts';
import type { FluentPVC } from '../../../../src/api/fluentpvc.ts';
import { annotations, finalizers, labels } from '../../../../src/api/names.ts';
import type { ObjectMeta, Stored } from '../../../../src/api/object.ts';
import type { Plan } from '../../../../src/core/plan.ts';
import { fakeCaches } from '../../../support/fake-caches.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { at, make, T0 } from '../../../support/make.ts';

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
    const decide = createFluentPVCDecider({ caches, clock: new FakeClock() });
    const goes = async (): Promise<boolean> =>
      (await decide('logs')).writes.some(
        (write) => write.verb === 'patch' && write.type === 'json',
      );
    return { ...caches, decide, goes };
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
});

test('one that is gone needs nothing', async () => {
  const decide = createFluentPVCDecider({ caches: fakeCaches({}), clock: new FakeClock() });
  expect((await decide('unknown')).writes).toEqual([]);
});
