import { describe, expect, test } from '@jest/globals';
import { claimWrite } from '../../../../controllers/take-over/take-over-claim.ts';
import type { Claim } from '../../../../src/api/claim.ts';
import { annotations, API_VERSION, finalizers, labels } from '../../../../src/api/names.ts';
import type { ObjectMeta, OwnerReference, Stored } from '../../../../src/api/object.ts';
import { at, make, T0 } from '../../../support/make.ts';
import { originalClaim } from '../../../support/original.ts';

const NAME = 'shop-logs-7d9c8b5f44-5b8c6d7f9';
const now = T0 + 60_000;
const left = (change: ObjectMeta = {}, name = NAME): Stored<Claim> => {
  const claim = originalClaim({ namespace: 'shop', name }, change);
  const stored = { uid: 'claim-uid', resourceVersion: '500', creationTimestamp: at(0) };
  return { ...claim, metadata: { name, ...stored, ...claim.metadata } };
};
const binding = (succeeded: boolean) =>
  make.binding({
    metadata: { name: NAME, annotations: {} },
    spec: { pvc: { name: NAME, uid: 'claim-uid' } },
    status: { conditions: succeeded ? [make.condition('FinalizerJobSucceeded')] : [] },
  });
const owner = (apiVersion: string, kind: string): OwnerReference => ({
  ...{ apiVersion, kind, name: 'x', uid: `${kind}-uid` },
  ...{ controller: true, blockOwnerDeletion: true },
});
const ours = owner(API_VERSION, 'FluentPVCBinding');
const theirs = owner('apps/v1', 'StatefulSet');

test('a claim gets the labels and the admission-id of its binding, for this version of it', () => {
  expect(claimWrite(left(), binding(false), now)).toEqual({
    verb: 'patch',
    ref: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: NAME },
    type: 'merge',
    body: {
      metadata: {
        resourceVersion: '500',
        labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME },
        annotations: { [annotations.admissionId]: 'claim-uid', [annotations.takenOver]: at(60) },
      },
    },
  });
});

test('one without a binding gets them from its own name and uid', () => {
  expect(claimWrite(left(), undefined, now)).toMatchObject({
    body: {
      metadata: {
        labels: { [labels.fluentPVC]: 'shop-logs', [labels.binding]: NAME },
        annotations: { [annotations.admissionId]: 'claim-uid' },
      },
    },
  });
});

describe('an owner of a claim', () => {
  const cases = {
    'of ours is taken off it': [[ours], { ownerReferences: [] }],
    'of somebody else stays': [[theirs, ours], { ownerReferences: [theirs] }],
  } as const;
  test.each(Object.entries(cases))('%s', (_, [ownerReferences, expected]) => {
    const write = claimWrite(left({ ownerReferences: [...ownerReferences] }), binding(false), now);
    expect(write).toMatchObject({ body: { metadata: expected } });
  });
  test('of somebody else alone is not touched', () => {
    const write = claimWrite(left({ ownerReferences: [theirs] }), binding(false), now);
    expect(write).not.toHaveProperty('body.metadata.ownerReferences');
  });
});

describe('a claim without our finalizer', () => {
  const other = { finalizers: [finalizers.claimInUse] };
  test('gets it back where it is drained and was not deleted: so far the original came', () => {
    expect(claimWrite(left(other), binding(true), now)).toMatchObject({
      body: { metadata: { finalizers: [finalizers.claimInUse, finalizers.claim] } },
    });
  });
  const others = {
    'is not touched where it is not drained': [other, binding(false)],
    'is not touched where it is being deleted': [
      { ...other, deletionTimestamp: at(1) },
      binding(true),
    ],
    'is nobody of ours without a binding': [other, undefined],
  } as const;
  test.each(Object.entries(others))('%s', (_, [change, of]) => {
    expect(claimWrite(left(change), of, now)).toBeUndefined();
  });
});

describe('people hear of a claim', () => {
  const cases = {
    'whose name the original does not give': ['data-mysql-0', 'Look at what is on it'],
    'whose name no label can hold': [`${'x'.repeat(60)}-7d9c8b5f44-5b8c6d7f9`, 'no Pod was ever'],
  } as const;
  test.each(Object.entries(cases))('%s', (_, [name, words]) => {
    const note = claimWrite(left({}, name), undefined, now);
    expect(note).toContain(`PVC "shop/${name}"`);
    expect(note).toContain(words);
    expect(note).toContain(finalizers.claim);
  });
});
