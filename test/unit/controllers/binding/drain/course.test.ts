import { expect, test } from '@jest/globals';
import {
  courseOf,
  type Course,
  type CourseFacts,
} from '../../../../../controllers/binding/drain/course.ts';
import { annotations } from '../../../../../src/api/names.ts';
import { binding, ended, running } from '../../../../support/draining.ts';
import { make } from '../../../../support/make.ts';
import { inPlace, newClaim } from '../../../../support/rescuing.ts';

const namespace = { name: 'shop', uid: 'shop-uid' };
const released = inPlace({}, { annotations: { [annotations.release]: 'claim-uid' } });
const rescued = { conditions: [make.condition('OutOfUse'), make.condition('Rescued')] };

const cases: Record<string, { given: Partial<CourseFacts>; is: Course['is'] }> = {
  'is drained': { given: {}, is: 'drain' },
  'is drained while its Job runs': { given: { job: running }, is: 'drain' },
  'leaves a namespace that goes': { given: { namespace }, is: 'leave' },
  'leaves it although its Job has failed': {
    given: { namespace, job: ended('Failed') },
    is: 'leave',
  },
  'is drained where its Job has succeeded, whatever becomes of the namespace': {
    given: { namespace, job: ended('Complete') },
    is: 'drain',
  },
  'leaves a namespace that goes also while it is rescued': {
    given: { namespace, binding: inPlace() },
    is: 'leave',
  },
  'is rescued': { given: { binding: inPlace(), claim: undefined }, is: 'rescue' },
  'is rescued no more where its Job has succeeded': {
    given: { binding: inPlace(), job: ended('Complete') },
    is: 'drain',
  },
  'is rescued no more where its data was given up': { given: { binding: released }, is: 'drain' },
  'is drained once its volume has changed over': {
    given: { binding: inPlace(rescued), claim: newClaim('shop') },
    is: 'drain',
  },
};

test.each(Object.entries(cases))('a claim whose Pod is over %s', (_, { given, is }) => {
  const facts = { binding: binding(), claim: make.claim(), job: undefined, namespace: undefined };
  expect(courseOf({ ...facts, ...given }).is).toBe(is);
});
