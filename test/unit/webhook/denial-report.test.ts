import { describe, expect, test } from '@jest/globals';
import type { OwnerReference } from '../../../src/api/object.ts';
import type { Write } from '../../../src/core/plan.ts';
import { createDenialReport } from '../../../webhook/denial-report.ts';
import type { Denial } from '../../../webhook/review.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make } from '../../support/make.ts';

const replicaSet: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'app-1',
  uid: 'rs-uid',
  controller: true,
};
const denial: Denial = { reason: 'FluentPVCNotFound', code: 422, message: 'there is none' };

function setup() {
  const clock = new FakeClock();
  const told: Write[] = [];
  const apply = (writes: readonly Write[]): Promise<void> => {
    told.push(...writes);
    return Promise.resolve();
  };
  const report = createDenialReport({ writer: { apply }, clock });
  return {
    clock,
    told,
    deny: (ownerReferences: OwnerReference[], what = denial) => {
      const pod = make.newPod({ metadata: { ownerReferences } });
      report({ namespace: 'shop', pod, denial: what });
    },
  };
}

test('the owner is told, in our own words', () => {
  const { told, deny } = setup();
  deny([{ ...replicaSet, controller: false, uid: 'other' }, replicaSet]);
  expect(told).toEqual([
    {
      verb: 'event',
      regarding: {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        namespace: 'shop',
        name: 'app-1',
        uid: 'rs-uid',
      },
      type: 'Warning',
      reason: 'InjectionDenied',
      action: 'Deny',
      note: 'FluentPVCNotFound: there is none',
    },
  ]);
});

describe('within a minute', () => {
  test('the same owner is told of the same reason once', async () => {
    const { clock, told, deny } = setup();
    deny([replicaSet]);
    await clock.advance(59_999);
    deny([replicaSet]);
    expect(told).toHaveLength(1);
    await clock.advance(1);
    deny([replicaSet]);
    expect(told).toHaveLength(2);
  });
  test('it is told of another reason', () => {
    const { told, deny } = setup();
    deny([replicaSet]);
    deny([replicaSet], { ...denial, reason: 'MountPathTaken' });
    expect(told).toHaveLength(2);
  });
  test('another owner is told', () => {
    const { told, deny } = setup();
    deny([replicaSet]);
    deny([{ ...replicaSet, uid: 'other' }]);
    expect(told).toHaveLength(2);
  });
  test('of more than a thousand owners the oldest are forgotten', () => {
    const { told, deny } = setup();
    for (let index = 0; index <= 1_000; index += 1) deny([{ ...replicaSet, uid: `uid-${index}` }]);
    deny([{ ...replicaSet, uid: 'uid-1000' }]);
    expect(told).toHaveLength(1_001);
    deny([{ ...replicaSet, uid: 'uid-0' }]);
    expect(told).toHaveLength(1_002);
  });
});

test('a Pod that nobody owns has its author’s own answer', () => {
  const { told, deny } = setup();
  deny([]);
  expect(told).toEqual([]);
});
