import { describe, expect, test } from '@jest/globals';
import {
  NOBODY,
  usersOf,
  waitingWrite,
  type Users,
} from '../../../../controllers/fluentpvc/fluentpvc-users.ts';
import { fluentPVCPlan } from '../../../../controllers/fluentpvc/fluentpvc.ts';
import type { Condition } from '../../../../src/api/condition.ts';
import type { FluentPVC } from '../../../../src/api/fluentpvc.ts';
import { finalizers } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import { fakeCaches } from '../../../support/fake-caches.ts';
import { at, make, NAME, T0 } from '../../../support/make.ts';

const leaving = make.fluentPVC({
  metadata: { deletionTimestamp: at(1), finalizers: [finalizers.fluentPVC], generation: 2 },
});

/** The conditions that are written of so many. */
function written(
  bindings: number,
  claims = bindings,
  more: Partial<Users> = {},
): Condition[] | undefined {
  const write = waitingWrite(leaving, { ...NOBODY, bindings, claims, ...more }, T0);
  return (write?.body as { status: { conditions: Condition[] } } | undefined)?.status.conditions;
}
const said = (...of: Parameters<typeof written>): string => written(...of)?.[0]?.message ?? '';

describe('a FluentPVC that is being deleted while it is needed', () => {
  test('says so in a condition, for this version of it, and stays', () => {
    const users = { bindings: 1, claims: 1, keys: [`shop/${NAME}`] };
    expect(fluentPVCPlan(leaving, users, T0).writes).toEqual([
      {
        verb: 'patch',
        ref: { kind: 'FluentPVC', name: 'logs' },
        type: 'merge',
        subresource: 'status',
        body: {
          metadata: { uid: 'fluentpvc-uid', resourceVersion: '500' },
          status: {
            conditions: [
              {
                type: 'Deleting',
                status: 'True',
                reason: 'WaitingForBindings',
                message: expect.stringContaining('1 FluentPVCBinding and 1 PVC') as unknown,
                lastTransitionTime: at(0),
                observedGeneration: 2,
              },
            ],
          },
        },
      },
    ]);
  });
  test.each([
    [{ bindings: 1, claims: 0, keys: [] }, '1 FluentPVCBinding and 0 PVCs'],
    [{ bindings: 0, claims: 1, keys: [] }, '0 FluentPVCBindings and 1 PVC'],
  ])('stays for %j', (users, words) => {
    const { writes } = fluentPVCPlan(leaving, users, T0);
    expect(writes).toMatchObject([{ subresource: 'status' }]);
    expect(said(users.bindings, users.claims)).toContain(words);
  });
  test('names a few', () => {
    const keys = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3', 'b/4'];
    expect(said(7, 7, { keys })).toContain('(a/1, a/2, a/3, b/1, b/2 and 2 more)');
    expect(said(2, 2, { keys: keys.slice(0, 2) })).toContain('(a/1, a/2)');
  });
  test.each([
    [10, 'for 10 FluentPVCBindings'],
    [11, 'at least 10'],
    [19, 'at least 10'],
    [20, 'at least 20'],
    [999, 'at least 900'],
    [1_000, 'at least 1000'],
    [10_000, 'at least 10000'],
  ])('counts %d as "%s"', (count, words) => {
    expect(said(count)).toContain(words);
  });
  test('says ten thousand that end one after the other in few words', () => {
    let fluentPVC: Stored<FluentPVC> = leaving;
    let writes = 0;
    for (let count = 10_000; count > 0; count -= 1) {
      const users = { bindings: count, claims: count, keys: [] };
      const write = waitingWrite(fluentPVC, users, T0);
      if (write === undefined) continue;
      writes += 1;
      fluentPVC = {
        ...fluentPVC,
        ...(write.body as Pick<FluentPVC, 'status'>),
        metadata: leaving.metadata,
      };
    }
    expect(writes).toBeLessThan(40);
    expect(writes).toBeGreaterThan(10);
  });
});

describe('the users of a FluentPVC', () => {
  const many = Array.from({ length: 11 }, (_, index) =>
    make.binding({ metadata: { name: `b-${index}` } }),
  );
  test('are its bindings and claims, named once', () => {
    const caches = fakeCaches({ bindings: [make.binding()], claims: [make.claim()] });
    expect(usersOf(leaving, caches)).toEqual({ bindings: 1, claims: 1, keys: [`shop/${NAME}`] });
  });
  test('are named where they are few, in order', () => {
    const few = fakeCaches({ bindings: many.slice(0, 3).toReversed() });
    expect(usersOf(leaving, few).keys).toEqual(['shop/b-0', 'shop/b-1', 'shop/b-2']);
    expect(usersOf(leaving, fakeCaches({ bindings: many }))).toEqual({
      bindings: 11,
      claims: 0,
      keys: [],
    });
  });
});
