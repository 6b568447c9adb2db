import { describe, expect, test } from '@jest/globals';
import {
  releasePlan,
  type ReleaseObservation,
} from '../../../../controllers/binding/release-plan.ts';
import { annotations, finalizers } from '../../../../src/api/names.ts';
import { at, make, NAME, T0 } from '../../../support/make.ts';
import { inPlace, kept, newClaim } from '../../../support/rescuing.ts';
import { deeds, said } from '../../../support/said.ts';

const drained = make.binding({
  status: { conditions: [make.condition('FinalizerJobSucceeded')] },
});
const unused = make.binding({ status: { conditions: [make.condition('PodMissing')] } });
const neverBound = make.binding({
  status: {
    conditions: [
      make.condition('OutOfUse'),
      make.condition('PodMissing', { reason: 'ClaimNeverBound' }),
    ],
  },
});
const deleting = { deletionTimestamp: at(1) };
const free = { ...deleting, finalizers: [finalizers.claim] };
const CLAIM = 'PersistentVolumeClaim';
const BINDING = 'FluentPVCBinding';

function plan(change: Partial<ReleaseObservation>): ReturnType<typeof releasePlan> {
  return releasePlan({
    now: T0,
    binding: drained,
    claim: make.claim(),
    pods: [],
    job: make.job(),
    jobPods: [],
    volume: 'absent',
    ...change,
  });
}

const owner = { apiVersion: 'batch/v1', kind: 'Job', name: NAME, uid: 'job-uid' };
const owned = make.pod({ metadata: { name: 'owned', ownerReferences: [owner] } });

const VOLUME = 'patch PersistentVolume';
const done = { conditions: [make.condition('FinalizerJobSucceeded')] };
const taken = { namespace: 'shop', name: NAME, uid: 'new-uid' };
const waiting = { namespace: 'shop', name: NAME };

interface Case extends Partial<ReleaseObservation> {
  writes: string[];
}
const end = [`delete ${BINDING}`, `patch ${BINDING}`];
const cases: Record<string, Case> = {
  'drained: the Job goes, the claim is deleted before our finalizer goes, the binding ends': {
    writes: ['delete Job', `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'drained: although Kubernetes keeps the claim for a finished Pod': {
    claim: make.claim({ metadata: deleting }),
    writes: ['delete Job', `patch ${CLAIM}`, ...end],
  },
  'drained: a Job that goes is left alone': {
    job: make.job({ metadata: deleting }),
    writes: [`delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'drained: without a Job': {
    job: undefined,
    writes: [`delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'drained: the Pods of a Job that was deleted without them go': {
    job: undefined,
    jobPods: [make.pod(), make.pod({ metadata: deleting })],
    writes: ['delete Pod', `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'drained: Pods that somebody took their Job off go, too, and the others with it': {
    jobPods: [owned, make.pod(), make.pod({ metadata: deleting })],
    writes: ['delete Job', 'delete Pod', `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'drained: Pods that somebody took their Job off go while that goes': {
    job: make.job({ metadata: deleting }),
    jobPods: [owned, make.pod()],
    writes: ['delete Pod', `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'drained: Pods whose Job is gone go whoever owns them': {
    job: undefined,
    jobPods: [owned],
    writes: ['delete Pod', `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'rescued: the volume gets its policy back before its claim goes': {
    binding: inPlace(done),
    claim: newClaim('shop'),
    volume: kept(taken, 'Bound'),
    writes: ['delete Job', VOLUME, `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'rescued: once it has, the claim goes': {
    binding: inPlace(done),
    claim: newClaim('shop'),
    volume: make.volume({ spec: { ...make.volume().spec, claimRef: taken } }),
    writes: ['delete Job', `delete ${CLAIM}`, `patch ${CLAIM}`, ...end],
  },
  'rescued: a volume whose claim is gone gets its policy back, and goes by it': {
    binding: inPlace(done),
    claim: undefined,
    job: undefined,
    volume: kept(),
    writes: [VOLUME, ...end],
  },
  'rescued: so does one that waits for its new claim, or it would wait for ever': {
    binding: inPlace(done),
    claim: undefined,
    job: undefined,
    volume: kept(waiting),
    writes: [VOLUME, ...end],
  },
  'rescued: one that a stranger has by now is left alone': {
    binding: inPlace(done),
    claim: undefined,
    job: undefined,
    volume: kept({ namespace: 'other', name: 'other', uid: 'x' }),
    writes: end,
  },
  'drained: a claim that is gone needs nothing': {
    claim: undefined,
    job: undefined,
    writes: end,
  },
  'drained: a claim that is on its way without our finalizer needs nothing': {
    claim: make.claim({ metadata: { ...deleting, finalizers: [finalizers.claimInUse] } }),
    job: undefined,
    writes: end,
  },
  'never used: the claim is deleted, and nothing else yet': {
    binding: unused,
    job: undefined,
    writes: [`delete ${CLAIM}`],
  },
  'never used: the claim keeps our finalizer while a Pod names it': {
    binding: unused,
    job: undefined,
    claim: make.claim({ metadata: deleting }),
    writes: [],
  },
  'never used: not deleted, even where nothing else keeps it': {
    binding: unused,
    job: undefined,
    claim: make.claim({ metadata: { finalizers: [finalizers.claim] } }),
    writes: [`delete ${CLAIM}`],
  },
  'never bound: the claim and a Job that waits for its volume are deleted': {
    binding: neverBound,
    claim: make.unboundClaim(),
    writes: ['delete Job', `delete ${CLAIM}`],
  },
  'never bound: it goes on its way, also when it gets a volume there': {
    binding: neverBound,
    job: undefined,
    claim: make.claim({ metadata: free }),
    writes: [`patch ${CLAIM}`, ...end],
  },
  'never used: our finalizer goes once no Pod names it': {
    binding: unused,
    job: undefined,
    claim: make.claim({ metadata: free }),
    writes: [`patch ${CLAIM}`, ...end],
  },
  'a binding that is being deleted only loses its finalizer': {
    binding: { ...drained, metadata: { ...drained.metadata, ...deleting } },
    claim: undefined,
    job: undefined,
    writes: [`patch ${BINDING}`],
  },
  'a binding that has lost its finalizer is only deleted': {
    binding: { ...drained, metadata: { ...drained.metadata, finalizers: [] } },
    claim: undefined,
    job: undefined,
    writes: [`delete ${BINDING}`],
  },
};
test.each(Object.entries(cases))('%s', (_, { writes, ...change }) => {
  expect(deeds(plan(change).writes)).toEqual(writes);
});

test('each delete names the uid, and finalizers are taken off this very object', () => {
  expect(plan({}).writes).toEqual([
    {
      verb: 'delete',
      ref: { kind: 'Job', namespace: 'shop', name: NAME },
      uid: 'job-uid',
      propagation: 'Background',
    },
    {
      verb: 'delete',
      ref: { kind: CLAIM, namespace: 'shop', name: NAME },
      uid: 'claim-uid',
      propagation: 'Background',
    },
    {
      verb: 'patch',
      ref: { kind: CLAIM, namespace: 'shop', name: NAME },
      type: 'json',
      body: [
        { op: 'test', path: '/metadata/uid', value: 'claim-uid' },
        { op: 'test', path: '/metadata/finalizers/0', value: finalizers.claim },
        { op: 'remove', path: '/metadata/finalizers/0' },
      ],
    },
    {
      verb: 'delete',
      ref: { kind: BINDING, namespace: 'shop', name: NAME },
      uid: 'binding-uid',
      propagation: 'Background',
    },
    {
      verb: 'patch',
      ref: { kind: BINDING, namespace: 'shop', name: NAME },
      type: 'json',
      body: [
        { op: 'test', path: '/metadata/uid', value: 'binding-uid' },
        { op: 'test', path: '/metadata/finalizers/0', value: finalizers.binding },
        { op: 'remove', path: '/metadata/finalizers/0' },
      ],
    },
  ]);
});

test('what was never used is deleted as it was looked at: not when it has a volume by now', () => {
  const { writes } = plan({ binding: neverBound, job: undefined, claim: make.unboundClaim() });
  expect(writes).toMatchObject([{ uid: 'claim-uid', resourceVersion: '500' }]);
});

test('what never had a volume, and has one before it goes, is drained', () => {
  const decided = plan({ binding: neverBound, job: undefined, claim: make.claim() });
  expect(deeds(decided.writes)).toEqual([`patch ${BINDING} status`]);
  expect(said(decided)).toMatchObject({ phase: 'OutOfUse', PodMissing: 'False ClaimBound' });
});

describe('the claim of a Pod that never existed', () => {
  const conditions = [make.condition('PodMissing', { reason: 'PodNeverCreated' })];
  const binding = make.binding({ status: { conditions } });
  test.each([make.pod(), make.endedPod()])('is kept where that is there after all', (pod) => {
    for (const claim of [make.claim(), make.claim({ metadata: deleting })]) {
      const decided = plan({ binding, claim, pods: [pod], job: undefined });
      expect(deeds(decided.writes)).toEqual([`patch ${BINDING} status`]);
      expect(said(decided)).toMatchObject({ phase: 'Pending', PodMissing: 'False PodArrived' });
    }
  });
  test('that never had a volume goes although its Pod, which is over, is there', () => {
    const claim = make.unboundClaim();
    const decided = plan({ binding: neverBound, claim, pods: [make.endedPod()], job: undefined });
    expect(deeds(decided.writes)).toEqual([`delete ${CLAIM}`]);
  });
});

test('the finalizer is taken off where it stands', () => {
  const claim = make.claim({ metadata: { finalizers: ['other', finalizers.claim] } });
  expect(plan({ claim }).writes).toContainEqual(
    expect.objectContaining({
      body: expect.arrayContaining([{ op: 'remove', path: '/metadata/finalizers/1' }]) as object,
    }),
  );
});

describe('a claim that is not as the binding knows it', () => {
  const strangers = {
    'is of another admission': { annotations: { [annotations.admissionId]: 'another' } },
    'has lost its label': { labels: {} },
    'has lost our finalizer': { finalizers: [finalizers.claimInUse] },
  };
  test.each(Object.entries(strangers))(
    '%s: is left alone, and the binding stays',
    (_, metadata) => {
      for (const binding of [drained, unused]) {
        const decided = plan({ binding, claim: make.claim({ metadata }) });
        expect(deeds(decided.writes).filter((deed) => deed !== 'delete Job')).toEqual([
          `patch ${BINDING} status`,
        ]);
        expect(said(decided)).toMatchObject({ Unknown: 'True PVCNotOurs' });
        // Without our label it is not watched.
        expect(decided.requeueAfterMs).toBe(30_000);
      }
    },
  );
  const others = {
    'has another uid': { uid: 'another' },
    'has another uid and is on its way out': { uid: 'another', ...deleting },
    'has another uid and no mark of ours': {
      uid: 'another',
      labels: {},
      annotations: {},
      finalizers: [],
    },
  };
  test.each(Object.entries(others))(
    '%s: ours is gone, that one is left alone, and the binding ends',
    (_, metadata) => {
      for (const binding of [drained, unused, neverBound]) {
        const decided = plan({ binding, job: undefined, claim: make.claim({ metadata }) });
        expect(deeds(decided.writes)).toEqual(end);
      }
    },
  );
});
