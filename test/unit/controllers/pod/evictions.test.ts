import { describe, expect, test } from '@jest/globals';
import { createEvictions, type Eviction } from '../../../../controllers/pod/evictions.ts';
import { ApiError, ApiUnreachable, type Status } from '../../../../src/kube/api-error.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { budgetRefusal, SEVERAL_BUDGETS } from '../../../support/eviction.ts';
import { T0 } from '../../../support/make.ts';

const refused = (code: number, status: Status, header?: string): ApiError =>
  new ApiError('POST /eviction', code, status, header);

describe('after a try that ended with', () => {
  const since = T0;
  const cases: Record<string, { error?: Error; known: Eviction }> = {
    'success: done': { known: { doneAt: T0 } },
    'a budget that would be broken: held, in its words': {
      error: budgetRefusal(),
      known: {
        held: {
          since,
          by: "Cannot evict pod as it would violate the pod's disruption budget. The disruption budget app needs 2 healthy pods and has 2 currently",
        },
      },
    },
    'a budget that has just changed: held, and not before it wants': {
      error: budgetRefusal(10),
      known: { notBefore: T0 + 10_000, held: expect.objectContaining({ since }) as never },
    },
    'several budgets, which the API refuses for good: held': {
      error: refused(500, { message: SEVERAL_BUDGETS }),
      known: { held: { since, by: SEVERAL_BUDGETS } },
    },
    'an overloaded API server: not held, but not before it wants': {
      error: refused(429, { message: 'Too many requests, please try again later.' }, '1'),
      known: { notBefore: T0 + 1_000 },
    },
    'another fault of the API server: nothing': {
      error: refused(500, { message: 'x' }),
      known: {},
    },
    'the no of a policy: nothing': { error: refused(403, { reason: 'Forbidden' }), known: {} },
    'no answer: nothing': { error: new ApiUnreachable('POST /x', new Error('y')), known: {} },
  };
  test.each(Object.entries(cases))('%s', (_, { error, known }) => {
    const evictions = createEvictions(new FakeClock());
    evictions.ended('u', error);
    expect(evictions.of('u')).toEqual(known);
  });
});

test('held since the first refusal, by the words of the last', async () => {
  const clock = new FakeClock();
  const evictions = createEvictions(clock);
  evictions.ended('u', budgetRefusal());
  await clock.advance(30_000);
  evictions.ended('u', refused(500, { message: SEVERAL_BUDGETS }));
  expect(evictions.of('u').held).toEqual({ since: T0, by: SEVERAL_BUDGETS });
});

test('what was told is known until the Pod is forgotten', () => {
  const evictions = createEvictions(new FakeClock());
  evictions.told('u', 'waitTold');
  evictions.ended('u', budgetRefusal());
  expect(evictions.of('u')).toMatchObject({ waitTold: true, held: { since: T0 } });
  evictions.forget('u');
  expect(evictions.of('u')).toEqual({});
});
