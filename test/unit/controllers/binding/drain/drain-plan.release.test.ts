import { describe, expect, test } from '@jest/globals';
import { stageOf } from '../../../../../controllers/binding/binding-facts.ts';
import { releasePlan } from '../../../../../controllers/binding/release-plan.ts';
import { annotations } from '../../../../../src/api/names.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import type { Binding } from '../../../../../src/api/binding.ts';
import { at, make, T0 } from '../../../../support/make.ts';
import { binding, ended, over, plan, running } from '../../../../support/draining.ts';
import { deeds, message, said } from '../../../../support/said.ts';

const released = (uid: string, base = binding()): Stored<Binding> => ({
  ...base,
  spec: { ...base.spec, pvc: { ...base.spec.pvc, uid: 'claim-uid' } },
  metadata: {
    ...base.metadata,
    annotations: { ...base.metadata.annotations, [annotations.release]: uid },
  },
});

describe('the annotation release', () => {
  const cases: Record<string, Parameters<typeof plan>[0]> = {
    'while a Job runs': { job: running },
    'after a Job failed': { job: ended('Failed') },
    'while no Job can be made': {
      next: { outcome: 'impossible', reason: 'SnapshotUnusable', message: 'Y' },
    },
    'of a claim that was deleted': {
      claim: make.claim({ metadata: { deletionTimestamp: at(90) } }),
    },
  };
  test.each(Object.entries(cases))('gives the data up %s, and that is told', (_, change) => {
    const decided = plan({ ...change, binding: released('claim-uid') });
    expect(deeds(decided.writes)).toEqual(['patch FluentPVCBinding status', 'event DataGivenUp']);
    expect(said(decided)).toMatchObject({ DataGivenUp: 'True Released' });
    expect(message(decided, 'DataGivenUp')).toContain('without a drain');
  });
  test.each(['another', ''])('with the uid "%s" gives nothing up', (uid) => {
    expect(said(plan({ job: running, binding: released(uid) }))).not.toHaveProperty('DataGivenUp');
  });
  test('gives nothing up where the uid of the claim is not known', () => {
    const base = released('');
    const unseen = { ...base, spec: { ...base.spec, pvc: { ...base.spec.pvc, uid: '' } } };
    expect(deeds(plan({ job: running, binding: unseen }).writes)).toEqual([
      'patch FluentPVCBinding',
    ]);
  });
  test('comes too late for a drain that succeeded', () => {
    const decided = plan({ job: ended('Complete'), binding: released('claim-uid') });
    expect(said(decided)).toMatchObject({ phase: 'FinalizerJobSucceeded' });
  });
});

test('what was given up is released like what was drained', () => {
  const known = binding({ conditions: [over, make.condition('DataGivenUp')] });
  expect(stageOf(known)).toBe('releasing');
  const { writes } = releasePlan({
    now: T0,
    binding: known,
    claim: make.claim(),
    pods: [],
    job: make.job(),
    jobPods: [],
    volume: 'absent',
  });
  expect(deeds(writes)).toEqual([
    'delete Job',
    'delete PersistentVolumeClaim',
    'patch PersistentVolumeClaim',
    'delete FluentPVCBinding',
    'patch FluentPVCBinding',
  ]);
});
