import { describe, expect, test } from '@jest/globals';
import { createFluentPVCDecider, fluentPVCPlan } from '../../../controllers/fluentpvc.ts';
import type { Binding } from '../../../src/api/binding.ts';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import { finalizers } from '../../../src/api/names.ts';
import { fakeCache } from '../../support/fake-cache.ts';
import { at, make } from '../../support/make.ts';

const kept = { finalizers: ['other', finalizers.fluentPVC] };
const deleting = { deletionTimestamp: at(1) };
const ref = { kind: 'FluentPVC', name: 'logs' };

test('a new one gets our finalizer besides those it has, for this version of it', () => {
  const fluentPVC = make.fluentPVC({ metadata: { finalizers: ['other'] } });
  expect(fluentPVCPlan(fluentPVC, 0).writes).toEqual([
    {
      verb: 'patch',
      ref,
      type: 'merge',
      body: {
        metadata: {
          uid: 'fluentpvc-uid',
          resourceVersion: '500',
          finalizers: ['other', finalizers.fluentPVC],
        },
      },
    },
  ]);
  expect(fluentPVCPlan(make.fluentPVC(), 0).writes).toMatchObject([
    { body: { metadata: { finalizers: [finalizers.fluentPVC] } } },
  ]);
});

test('one that is deleted goes with its last binding', () => {
  const fluentPVC = make.fluentPVC({ metadata: { ...kept, ...deleting } });
  expect(fluentPVCPlan(fluentPVC, 0).writes).toEqual([
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
    'of one in use': { metadata: kept, bindings: 3 },
    'of one without bindings that is not deleted': { metadata: kept, bindings: 0 },
    'of one that is deleted while bindings are left': {
      metadata: { ...kept, ...deleting },
      bindings: 1,
    },
    'of one that others keep': { metadata: { finalizers: ['other'], ...deleting }, bindings: 0 },
  };
  test.each(Object.entries(cases))('%s', (_, { metadata, bindings }) => {
    expect(fluentPVCPlan(make.fluentPVC({ metadata }), bindings).writes).toEqual([]);
  });
});

test('bindings are counted by the uid of the FluentPVC, not by its name', async () => {
  const fluentPVCs = fakeCache<FluentPVC>([make.fluentPVC({ metadata: { ...kept, ...deleting } })]);
  const bindings = fakeCache<Binding>([make.binding()], (binding) => binding.spec.fluentPVC.uid);
  const decide = createFluentPVCDecider({ fluentPVCs, bindings });
  expect((await decide('logs')).writes).toEqual([]);
  const former = make.binding({ spec: { fluentPVC: { name: 'logs', uid: 'former-uid' } } });
  bindings.set(former);
  expect((await decide('logs')).writes).toHaveLength(1);
  expect((await decide('unknown')).writes).toEqual([]);
});
