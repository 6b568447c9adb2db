import { describe, expect, test } from '@jest/globals';
import {
  isUnused,
  needsBinding,
  orphanPlan,
  type OrphanObservation,
} from '../../../../controllers/binding/orphan-plan.ts';
import type { Snapshot } from '../../../../src/api/binding.ts';
import type { Binding } from '../../../../src/api/binding.ts';
import { annotations, DRAINED, finalizers, labels, UNUSED } from '../../../../src/api/names.ts';
import type { ObjectMeta } from '../../../../src/api/object.ts';
import { at, make, NAME, T0 } from '../../../support/make.ts';
import { deeds } from '../../../support/said.ts';

const claim = make.claim();
const lost = { claim, binding: undefined };
const due = T0 + 70_000;

function plan(change: Partial<OrphanObservation>): ReturnType<typeof orphanPlan> {
  return orphanPlan({
    now: due,
    claim,
    live: lost,
    fluentPVC: make.fluentPVC(),
    isMissingTold: false,
    pod: undefined,
    defaults: make.defaults,
    ...change,
  });
}

const others: Record<string, ObjectMeta> = {
  'has not our finalizer': { finalizers: [finalizers.claimInUse] },
  'has no finalizer': { finalizers: [] },
  'has not our label': { labels: {} },
  'has the label of another binding': { labels: { [labels.binding]: 'another' } },
  'is of no admission': { annotations: {} },
};

describe('a claim needs a binding', () => {
  test('when it is ours', () => {
    expect(needsBinding(claim)).toBe(true);
    expect(needsBinding(make.claim({ metadata: { finalizers: [finalizers.claim] } }))).toBe(true);
  });
  test('when it is being deleted, for our finalizer keeps it', () => {
    expect(needsBinding(make.claim({ metadata: { deletionTimestamp: at(1) } }))).toBe(true);
  });
  test.each(Object.entries(others))('not when it %s', (_, metadata) => {
    expect(needsBinding(make.claim({ metadata }))).toBe(false);
  });
});

const unused: ObjectMeta = {
  labels: { ...claim.metadata.labels, [labels.state]: UNUSED },
  finalizers: [finalizers.claimInUse],
};
const notUnused: Record<string, ObjectMeta> = {
  'has our finalizer': { ...unused, finalizers: [finalizers.claim] },
  'was drained and is kept': {
    ...unused,
    labels: { ...unused.labels, [labels.state]: DRAINED },
  },
  'says nothing': { ...unused, labels: { [labels.binding]: NAME } },
  'has not our label': { ...unused, labels: { [labels.state]: UNUSED } },
  'has the label of another binding': {
    ...unused,
    labels: { [labels.state]: UNUSED, [labels.binding]: 'another' },
  },
  'is of no admission': { ...unused, annotations: {} },
};

describe('a claim was never used', () => {
  test('when the webhook has said so while it undid an admission', () => {
    expect(isUnused(make.claim({ metadata: unused }))).toBe(true);
    expect(isUnused(make.claim({ metadata: { ...unused, finalizers: [] } }))).toBe(true);
  });
  test.each(Object.entries(notUnused))('not when it %s', (_, metadata) => {
    expect(isUnused(make.claim({ metadata }))).toBe(false);
  });
  test('and goes at once, by its uid', () => {
    const decided = plan({ now: T0, claim: make.claim({ metadata: unused }), live: undefined });
    expect(decided).toEqual({
      writes: [
        {
          verb: 'delete',
          ref: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: NAME },
          uid: 'claim-uid',
          propagation: 'Background',
        },
      ],
      reason: expect.any(String) as unknown,
    });
  });
  test('and is on its way already: nothing is left to do', () => {
    const metadata = { ...unused, deletionTimestamp: at(1) };
    expect(plan({ claim: make.claim({ metadata }), live: undefined }).writes).toEqual([]);
  });
});

describe('of a claim without binding', () => {
  interface Case extends Partial<OrphanObservation> {
    writes: string[];
    again?: number;
  }
  const bare = make.claim({ metadata: { finalizers: [] } });
  const cases: Record<string, Case> = {
    'nothing becomes where it needs none': { claim: bare, live: undefined, writes: [] },
    'the binding may be on its way': {
      now: T0 + 69_000,
      live: undefined,
      writes: [],
      again: 1_000,
    },
    'the cache was behind: there is the binding': {
      live: { claim, binding: make.binding() },
      writes: [],
    },
    'the cache was behind: the claim is gone': {
      live: { claim: undefined, binding: undefined },
      writes: [],
    },
    'the cache was behind: our finalizer is off': {
      live: { claim: bare, binding: undefined },
      writes: [],
    },
    'nothing can be made without the FluentPVC, and that is told': {
      fluentPVC: undefined,
      writes: ['event FluentPVCMissing'],
    },
    'nothing can be made without the FluentPVC, and that was told': {
      fluentPVC: undefined,
      isMissingTold: true,
      writes: [],
    },
    'the binding is made anew': { writes: ['create FluentPVCBinding'] },
    'the binding is made anew although somebody deletes the claim': {
      live: { claim: make.claim({ metadata: { deletionTimestamp: at(60) } }), binding: undefined },
      writes: ['create FluentPVCBinding'],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { writes, again, ...change }) => {
    const decided = plan(change);
    expect(deeds(decided.writes)).toEqual(writes);
    expect(decided.requeueAfterMs).toBe(again);
    expect(decided.reason).not.toBe('');
  });
});

describe('the binding made anew', () => {
  const made = (change: Partial<OrphanObservation>): Binding => {
    const [write] = plan(change).writes;
    if (write?.verb !== 'create') throw new Error('nothing is created');
    return write.object as Binding;
  };
  const snapshotOf = ({ spec }: Binding): Snapshot => JSON.parse(spec.snapshot ?? '') as Snapshot;

  test('is the one of this admission, and claims nothing that is not known', () => {
    const binding = made({});
    expect(binding.metadata).toMatchObject({
      name: NAME,
      namespace: 'shop',
      labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME },
      annotations: { [annotations.admissionId]: 'request-uid' },
      finalizers: [finalizers.binding],
      ownerReferences: [{ kind: 'FluentPVC', uid: 'fluentpvc-uid' }],
    });
    expect(binding.spec).toMatchObject({
      fluentPVC: { name: 'logs', uid: 'fluentpvc-uid' },
      pod: { name: '', uid: '' },
      pvc: { name: NAME, uid: '' },
      sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' },
    });
    expect(snapshotOf(binding)).toEqual(make.snapshot());
  });
  test('knows from its Pod, where there is one, what a drain needs of it', () => {
    const tolerations = [{ key: 'dedicated', operator: 'Exists' }];
    const spec = { ...make.pod().spec, tolerations, terminationGracePeriodSeconds: 90 };
    const binding = made({ pod: make.pod({ spec }) });
    expect(binding.spec.pod.name).toBe('app-0');
    expect(binding.spec.terminationGracePeriodSeconds).toBe(90);
    expect(snapshotOf(binding).pod).toMatchObject({ tolerations });
  });
  test('of a claim of the original operator has its sidecar as that one injected it', () => {
    const marks = { ...claim.metadata.annotations, [annotations.takenOver]: at(60) };
    const binding = made({ claim: make.claim({ metadata: { annotations: marks } }) });
    expect(binding.spec.sidecar?.mode).toBe('Regular');
    expect(binding.metadata.annotations).toEqual(marks);
    expect(snapshotOf(binding)).toEqual(make.snapshot());
  });
  test("has the operator's defaults", () => {
    const defaults = { ...make.defaults, sidecarMode: 'Regular' } as const;
    expect(made({ defaults }).spec.sidecar?.mode).toBe('Regular');
  });
});
