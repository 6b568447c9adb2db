import { describe, expect, test } from '@jest/globals';
import {
  isUnsettled,
  settled,
  settlingWrite,
  type Beginning,
} from '../../../../controllers/take-over/take-over-fluentpvc.ts';
import { annotations } from '../../../../src/api/names.ts';
import type { ObjectMeta } from '../../../../src/api/object.ts';
import { at, make, T0 } from '../../../support/make.ts';

/** A day after the FluentPVC of the tests was made. */
const beginning: Beginning = { firstLedAt: T0 + 86_400_000, definitionChanged: true };
const field = 'deletePodIfSidecarContainerTerminationDetected';

test('one that was stored before us gets what absence meant, and is marked as seen', () => {
  expect(settlingWrite(make.fluentPVC(), beginning)).toEqual({
    verb: 'patch',
    ref: { kind: 'FluentPVC', name: 'logs' },
    type: 'merge',
    body: {
      metadata: { resourceVersion: '500', annotations: { [annotations.settled]: 'true' } },
      spec: { [field]: false },
    },
  });
  expect(settled(make.fluentPVC(), beginning).spec[field]).toBe(false);
});

test('one that is being deleted means the same to its bindings', () => {
  const deleting = make.fluentPVC({ metadata: { deletionTimestamp: at(1) } });
  expect(settled(deleting, beginning).spec[field]).toBe(false);
});

const untouched: Record<
  string,
  { metadata?: ObjectMeta; value?: boolean; since?: Partial<Beginning> }
> = {
  'says true': { value: true },
  'says false': { value: false },
  'was seen by a leader of ours': { metadata: { annotations: { [annotations.settled]: 'true' } } },
  'was made after we led for the first time': { since: { firstLedAt: T0 - 1 } },
  'was made in a cluster that never had another definition': {
    since: { definitionChanged: false },
  },
};
describe('nothing is written to one that', () => {
  test.each(Object.entries(untouched))('%s', (_, { metadata, value, since }) => {
    const spec = value === undefined ? {} : { [field]: value };
    const fluentPVC = make.fluentPVC({ spec, ...(metadata === undefined ? {} : { metadata }) });
    const facts = { ...beginning, ...since };
    expect(settlingWrite(fluentPVC, facts)).toBeUndefined();
    expect(settled(fluentPVC, facts)).toBe(fluentPVC);
    expect(isUnsettled(fluentPVC)).toBe(since !== undefined);
  });
});
