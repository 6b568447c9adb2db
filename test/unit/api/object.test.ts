import { describe, expect, test } from '@jest/globals';
import { createdAt, hasFinalizer, isDeleting, keyOf } from '../../../src/api/object.ts';
import { collectionPath, objectPath, type Kind } from '../../../src/api/resources.ts';
import { at, make, T0 } from '../../support/make.ts';

describe('keys', () => {
  const cases = {
    'of an object in a namespace': { namespace: 'shop', name: 'app', key: 'shop/app' },
    'of an object of the cluster': { namespace: undefined, name: 'app', key: 'app' },
  };
  test.each(Object.entries(cases))('%s', (_, { namespace, name, key }) => {
    expect(keyOf({ name, ...(namespace === undefined ? {} : { namespace }) })).toBe(key);
  });
});

test('an object with a deletionTimestamp is on its way out', () => {
  expect(isDeleting(make.claim())).toBe(false);
  expect(isDeleting(make.claim({ metadata: { deletionTimestamp: at(1) } }))).toBe(true);
});

test('hasFinalizer knows objects without finalizers', () => {
  expect(hasFinalizer({ metadata: {} }, 'a')).toBe(false);
  expect(hasFinalizer({ metadata: { finalizers: ['b'] } }, 'a')).toBe(false);
  expect(hasFinalizer({ metadata: { finalizers: ['b', 'a'] } }, 'a')).toBe(true);
});

test('createdAt is the creationTimestamp in ms', () => {
  expect(createdAt(make.claim({ metadata: { creationTimestamp: at(7) } }))).toBe(T0 + 7_000);
});

describe('paths of the API', () => {
  const cases: Record<string, { kind: Kind; namespace?: string; collection: string }> = {
    'of the core group': {
      kind: 'Pod',
      namespace: 'shop',
      collection: '/api/v1/namespaces/shop/pods',
    },
    'of all namespaces': { kind: 'Job', collection: '/apis/batch/v1/jobs' },
    'of the cluster, whatever namespace is given': {
      kind: 'Node',
      namespace: 'shop',
      collection: '/api/v1/nodes',
    },
    'of our own group': {
      kind: 'FluentPVCBinding',
      namespace: 'shop',
      collection:
        '/apis/fluent-pvc-operator.tech.zozo.com/v1alpha1/namespaces/shop/fluentpvcbindings',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { kind, namespace, collection }) => {
    expect(collectionPath(kind, namespace)).toBe(collection);
    expect(objectPath({ kind, namespace, name: 'x' })).toBe(`${collection}/x`);
  });
  test('a name cannot leave its place', () => {
    const path = objectPath({ kind: 'Pod', namespace: 'a/b', name: '../x?y' });
    expect(path).toBe('/api/v1/namespaces/a%2Fb/pods/..%2Fx%3Fy');
  });
});
