import { describe, expect, test } from '@jest/globals';
import { stageOf } from '../../../../controllers/binding/binding-facts.ts';
import {
  isIncomplete,
  takeOverPlan,
  type LeftObservation,
  type TakeOver,
} from '../../../../controllers/take-over/take-over-plan.ts';
import { MAX_SNAPSHOT_LENGTH, type Binding, type Snapshot } from '../../../../src/api/binding.ts';
import type { Condition } from '../../../../src/api/condition.ts';
import { annotations, finalizers, labels } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { PatchWrite } from '../../../../src/core/plan.ts';
import { at, KEY, make, NAME, T0 } from '../../../support/make.ts';
import {
  originalBinding,
  originalClaim,
  originalCondition,
  originalJob,
  originalPod,
  type OriginalAdmission,
} from '../../../support/original.ts';

const admission: OriginalAdmission = {
  namespace: 'shop',
  name: NAME,
  fluentPVC: { name: 'logs', uid: 'fluentpvc-uid' },
  pod: { name: 'app-0', uid: 'pod-uid' },
  pvc: { name: NAME, uid: 'claim-uid' },
};
const stored = <T extends { metadata: object }>(object: T, uid: string) => ({
  ...object,
  metadata: { uid, resourceVersion: '500', creationTimestamp: at(0), ...object.metadata },
});
const left = (conditions: Condition[] = [], change: Partial<OriginalAdmission> = {}) =>
  ({
    ...stored(originalBinding({ ...admission, ...change }), 'binding-uid'),
    status: { phase: conditions.at(-1)?.type ?? 'Pending', conditions },
  }) as Stored<Binding>;
const claim = stored(originalClaim({ namespace: 'shop', name: NAME }), 'claim-uid') as ReturnType<
  typeof make.claim
>;
const job = stored(originalJob(left()), 'job-uid') as ReturnType<typeof make.job>;
const pod = stored(
  originalPod(admission, {
    tolerations: [{ key: 'batch', operator: 'Exists' }],
    terminationGracePeriodSeconds: 90,
  }),
  'pod-uid',
) as ReturnType<typeof make.pod>;

function plan(change: Partial<LeftObservation> = {}): TakeOver {
  return takeOverPlan({
    now: T0 + 60_000,
    bindings: [],
    claims: [],
    jobs: [],
    pods: [],
    fluentPVCs: new Map([['logs', make.fluentPVC()]]),
    defaults: make.defaults,
    ...change,
  });
}
const writes = (change: Partial<LeftObservation>): PatchWrite[] => plan(change).steps.flat();
const body = (write: PatchWrite | undefined) => (write?.body ?? {}) as Record<string, unknown>;
/** What is said anew of a binding, by type. */
const said = (change: Partial<LeftObservation>): Record<string, string> => {
  const status = writes(change).find(({ subresource }) => subresource === 'status');
  const { conditions = [] } = (body(status).status ?? {}) as { conditions?: Condition[] };
  return Object.fromEntries(
    conditions.filter(({ reason }) => reason === 'TakenOver').map((one) => [one.type, one.status]),
  );
};
const condition = (type: string, seconds: number) => originalCondition(type, at(seconds));
const marks = { [annotations.admissionId]: 'claim-uid', [annotations.takenOver]: at(60) };
const own = { [labels.fluentPVC]: 'logs', [labels.binding]: NAME };

describe('a binding of the original', () => {
  const [write] = writes({ bindings: [left()], pods: [pod] });
  const { metadata, spec } = body(write) as unknown as Stored<Binding>;

  test('gets labels, the uid of its claim as admission-id, and says when it was taken over', () => {
    expect(write).toMatchObject({ verb: 'patch', ref: { kind: 'FluentPVCBinding', name: NAME } });
    expect(metadata).toEqual({ uid: 'binding-uid', labels: own, annotations: marks });
  });
  test('gets in the same write what drains its claim: from the FluentPVC and the Pod of now', () => {
    const snapshot = JSON.parse(spec.snapshot ?? '') as Snapshot;
    expect(snapshot).toEqual(
      make.snapshot({ pod: { tolerations: [{ key: 'batch', operator: 'Exists' }] } }),
    );
    expect(spec.finalization).toEqual({ onSuccess: 'Delete', onNamespaceDeletion: 'Rescue' });
    expect(spec.terminationGracePeriodSeconds).toBe(90);
  });
  test('has its sidecar among the containers, whatever mode the FluentPVC has now', () => {
    const native = make.fluentPVC({ spec: { sidecarMode: 'Native' } });
    for (const fluentPVC of [make.fluentPVC(), native]) {
      const [first] = writes({ bindings: [left()], fluentPVCs: new Map([['logs', fluentPVC]]) });
      expect(body(first).spec).toMatchObject({
        sidecar: { name: 'fluentd', mode: 'Regular', podDeletionTrigger: 'SidecarFailure' },
      });
    }
  });
  test('deletes no Pod where its FluentPVC says so', () => {
    const spared = make.fluentPVC({
      spec: { deletePodIfSidecarContainerTerminationDetected: false },
    });
    const [first] = writes({ bindings: [left()], fluentPVCs: new Map([['logs', spared]]) });
    expect(body(first).spec).toMatchObject({ sidecar: { podDeletionTrigger: 'Never' } });
  });
  test('keeps who belongs together as the original knew it', () => {
    expect(spec).not.toHaveProperty('pod');
    expect(spec).not.toHaveProperty('pvc');
    expect(spec).not.toHaveProperty('fluentPVC');
  });
  test('does without what a Pod needs that is gone', () => {
    const [first] = writes({ bindings: [left()] });
    const { snapshot } = body(first).spec as { snapshot: string };
    expect(JSON.parse(snapshot)).toEqual(make.snapshot());
    expect(body(first).spec).not.toHaveProperty('terminationGracePeriodSeconds');
  });
  const strangers = {
    'of another namespace': { ...pod, metadata: { ...pod.metadata, namespace: 'other' } },
    'that does not mount its claim': { ...pod, spec: { ...pod.spec, volumes: [] } },
    'of another binding': {
      ...pod,
      metadata: { ...pod.metadata, labels: { [labels.binding]: 'other' } },
    },
  };
  test.each(Object.entries(strangers))('takes nothing from a Pod %s', (_, stranger) => {
    const [first] = writes({ bindings: [left()], pods: [stranger] });
    expect(body(first).spec).not.toHaveProperty('terminationGracePeriodSeconds');
  });
});

describe('nothing is written', () => {
  const completed = make.binding({
    metadata: { annotations: marks },
    spec: { sidecar: { name: 'fluentd', mode: 'Regular', podDeletionTrigger: 'Never' } },
  });
  const cases: Record<string, Partial<LeftObservation>> = {
    'where nothing was left': {},
    'to a binding of ours': { bindings: [make.binding()] },
    'to one that has all': { bindings: [completed] },
    'to a claim that has the name of a binding of ours': {
      bindings: [make.binding()],
      claims: [claim],
    },
    'to a claim that is not the one the binding knows': {
      bindings: [completed],
      claims: [{ ...claim, metadata: { ...claim.metadata, uid: 'other-uid' } }],
    },
    'to a Job of a binding of ours': { bindings: [make.binding()], jobs: [job] },
    'to a Job whose binding is gone': { jobs: [job] },
    'to a Job of another binding of that name': {
      bindings: [{ ...completed, metadata: { ...completed.metadata, uid: 'other-uid' } }],
      jobs: [job],
    },
  };
  test.each(Object.entries(cases))('%s', (_, change) => {
    expect(plan(change)).toEqual({ steps: [], notes: [] });
  });
});

test('claim and Job are found again when a crash came after their binding was completed', () => {
  const completed = make.binding({ metadata: { annotations: marks } });
  expect(
    writes({ bindings: [completed], claims: [claim], jobs: [job] }).map(({ ref }) => ref.kind),
  ).toEqual(['PersistentVolumeClaim', 'Job']);
});

test('a Job gets what it is known by, and says that its Pods are not', () => {
  const [write] = writes({ bindings: [left()], jobs: [job] });
  expect(write).toEqual({
    verb: 'patch',
    ref: { kind: 'Job', namespace: 'shop', name: NAME },
    type: 'merge',
    body: {
      metadata: {
        uid: 'job-uid',
        labels: { [labels.fluentPVC]: 'logs', [labels.finalizerJobOf]: NAME },
        annotations: marks,
      },
    },
  });
});

describe('what the original said of a binding', () => {
  const ready = condition('Ready', 10);
  const over = condition('OutOfUse', 20);
  const applied = condition('FinalizerJobApplied', 30);
  const cases = {
    Pending: { conditions: [], stage: 'inUse' },
    Ready: { conditions: [ready], stage: 'inUse' },
    OutOfUse: { conditions: [ready, over], stage: 'draining' },
    FinalizerJobApplied: { conditions: [ready, over, applied], stage: 'draining' },
    FinalizerJobFailed: {
      conditions: [ready, over, applied, condition('FinalizerJobFailed', 40)],
      stage: 'draining',
    },
    FinalizerJobSucceeded: {
      conditions: [ready, over, applied, condition('FinalizerJobSucceeded', 40)],
      stage: 'releasing',
    },
    Unknown: { conditions: [ready, condition('Unknown', 20)], stage: 'inUse' },
    'a Job that is gone': {
      conditions: [ready, over, { ...applied, status: 'False' as const }],
      stage: 'draining',
    },
  };
  test.each(Object.entries(cases))('is read as ours: %s', (_, { conditions, stage }) => {
    expect(stageOf(left(conditions))).toBe(stage);
  });

  const doubts: Record<string, [Condition[], Partial<LeftObservation>, Record<string, string>]> = {
    'nothing of one in use': [[ready], {}, {}],
    'that the Pod is over, before anything drains': [[ready, over], {}, { OutOfUse: 'False' }],
    'nothing where its Job is at work': [[ready, over], { jobs: [job] }, {}],
    'nothing where its Job was seen': [[ready, over, applied], {}, {}],
    'nothing where its Job failed': [[over, condition('FinalizerJobFailed', 40)], {}, {}],
    'nothing where the claim is drained': [[over, condition('FinalizerJobSucceeded', 40)], {}, {}],
    'what it never takes back, while which people may delete the binding': [
      [ready, condition('Unknown', 20)],
      {},
      { Unknown: 'False' },
    ],
  };
  test.each(Object.entries(doubts))('is doubted: %s', (_, [conditions, change, expected]) => {
    expect(said({ bindings: [left(conditions)], ...change })).toEqual(expected);
  });
  test('is doubted before the binding is completed, in one step with it', () => {
    const { steps } = plan({ bindings: [left([ready, over])] });
    expect(steps.map((step) => step.map(({ subresource = 'object' }) => subresource))).toEqual([
      ['status', 'object'],
    ]);
    expect(steps[0]?.[0]?.body).toMatchObject({
      metadata: { resourceVersion: '500' },
      status: { phase: 'Ready' },
    });
  });
});

describe('a binding that cannot be completed', () => {
  const huge = make.fluentPVC({
    spec: { commonEnvs: [{ name: 'X', value: 'x'.repeat(MAX_SNAPSHOT_LENGTH) }] },
  });
  const cases = {
    'whose FluentPVC is not there': [new Map(), 'is not there: bring it back'],
    'whose FluentPVC is too large': [
      new Map([['logs', huge]]),
      'move what is long into a ConfigMap',
    ],
  } as const;
  test.each(Object.entries(cases))(
    '%s is marked, and people hear of it',
    (_, [fluentPVCs, way]) => {
      const { steps, notes } = plan({ bindings: [left()], fluentPVCs });
      expect(body(steps[0]?.[0])).toEqual({
        metadata: { uid: 'binding-uid', labels: own, annotations: marks },
      });
      expect(notes).toEqual([expect.stringContaining(`FluentPVCBinding "${KEY}"`)]);
      expect(notes[0]).toContain(way);
    },
  );
  const marked = {
    ...left([condition('OutOfUse', 20), condition('Unknown', 30)]),
    metadata: { ...left().metadata, labels: own, annotations: marks },
  };
  test('is heard of at each start, and not written again', () => {
    const { steps, notes } = plan({ bindings: [marked], fluentPVCs: new Map() });
    expect([steps, notes.length]).toEqual([[], 1]);
  });
  test('is completed when it can be, and what we said of it meanwhile stays', () => {
    expect(isIncomplete(marked)).toBe(true);
    const all = writes({ bindings: [marked] });
    expect(all.map(({ subresource }) => subresource)).toEqual([undefined]);
    expect(body(all[0]).spec).toMatchObject({ sidecar: { mode: 'Regular' } });
  });
  test('because no label can hold its name had no Pod: people may take it away', () => {
    const name = 'x'.repeat(64);
    const long = left([], { name, pvc: { name, uid: 'claim-uid' } });
    const { steps, notes } = plan({
      bindings: [long],
      claims: [{ ...claim, metadata: { ...claim.metadata, name } }],
    });
    expect(steps).toEqual([]);
    expect(notes).toEqual([
      expect.stringContaining(`Take the finalizer ${finalizers.claim} off it and delete it`),
      expect.stringContaining('no Pod was ever admitted with it'),
    ]);
  });
});
