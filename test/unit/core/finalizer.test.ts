import { expect, test } from '@jest/globals';
import { finalizers } from '../../../src/api/names.ts';
import { withoutFinalizer } from '../../../src/core/finalizer.ts';
import { make, NAME } from '../../support/make.ts';

const ref = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: NAME } as const;
const claim = make.claim({ metadata: { finalizers: ['other', finalizers.claim] } });

test('ours is taken off that very object, wherever it stands, and what is to be done with it', () => {
  const also = { op: 'add', path: '/metadata/labels/a', value: 'b' } as const;
  expect(withoutFinalizer(ref, claim, finalizers.claim, [also])).toEqual([
    {
      verb: 'patch',
      ref,
      type: 'json',
      body: [
        { op: 'test', path: '/metadata/uid', value: 'claim-uid' },
        { op: 'test', path: '/metadata/finalizers/1', value: finalizers.claim },
        { op: 'remove', path: '/metadata/finalizers/1' },
        also,
      ],
    },
  ]);
});

test.each([[['other']], [[]]])('nothing is done to an object with %j', (others) => {
  const metadata = { ...claim.metadata, finalizers: others };
  expect(withoutFinalizer(ref, { metadata }, finalizers.claim)).toEqual([]);
});
