import { describe, expect, test } from '@jest/globals';
import { releasePlan } from '../../../controllers/binding/release-plan.ts';
import {
  rescuePlan,
  type RescueObservation,
} from '../../../controllers/binding/rescue/rescue-plan.ts';
import { sidecarPlan } from '../../../controllers/pod/sidecar-plan.ts';
import { annotations } from '../../../src/api/names.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { Outcome } from '../../../src/metrics/outcomes.ts';
import { binding, ended, over, plan as drain } from '../../support/draining.ts';
import { leave } from '../../support/leaving.ts';
import { at, make, T0 } from '../../support/make.ts';
import { failing } from '../../support/minding-pods.ts';
import { notTaken } from '../../support/not-taken.ts';
import { elsewhere, inPlace, kept, newClaim, RESCUE } from '../../support/rescuing.ts';

/* What plans say that they bring about; it is counted when their writes are done (controller.test.ts). */

const gone = { deletionTimestamp: at(90) };
const finalization = { onSuccess: 'Delete', onNamespaceDeletion: 'Release' } as const;
const releasing = { [annotations.release]: 'claim-uid' };
const released = make.binding({
  metadata: { annotations: { ...make.binding().metadata.annotations, ...releasing } },
  status: { conditions: [over] },
});

const rescue = (change: Partial<RescueObservation>): Plan =>
  rescuePlan({
    now: T0,
    binding: inPlace(),
    claim: undefined,
    volume: kept(),
    job: undefined,
    jobPodEnd: undefined,
    idle: undefined,
    refusal: undefined,
    ...change,
  });

const retained = (): Plan =>
  releasePlan({
    now: T0,
    binding: make.binding({
      spec: { finalization: { onSuccess: 'Retain', onNamespaceDeletion: 'Rescue' } },
      status: { conditions: [make.condition('FinalizerJobSucceeded')] },
    }),
    claim: make.claim(),
    job: undefined,
    jobPods: [],
    pods: [],
    volume: 'absent',
  });

const sidecar = (kind: 'now' | 'wait'): Plan =>
  sidecarPlan({
    now: T0,
    pod: failing,
    failure: {
      key: 'shop/app-0',
      fluentPVC: 'logs',
      sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' },
      trouble: 'failed',
    },
    turn: kind === 'now' ? { kind } : { kind, failed: 5, pods: 5 },
    eviction: {},
    evictionTimeoutMs: 1_000,
  });

const cases: Record<string, { plan: () => Plan; outcome: object | undefined }> = {
  'a drain, with its time since the Pod was over as the binding has it': {
    plan: () =>
      drain({
        now: T0 + 100_000,
        binding: binding({
          conditions: [make.condition('OutOfUse', { lastTransitionTime: at(40) })],
        }),
        job: ended('Complete'),
      }),
    outcome: { kind: 'drained', ms: 60_000 },
  },
  'a finalizer Job that failed, with the reason of the Job': {
    plan: () => drain({ job: ended('Failed') }),
    outcome: { kind: 'drainFailed', reason: 'BackoffLimitExceeded' },
  },
  'a failure that is recorded already is none': {
    plan: () =>
      drain({
        binding: binding({
          jobUID: 'job-uid',
          attempts: 1,
          nextAttemptTime: at(160),
          conditions: [over, make.condition('FinalizerJobFailed')],
        }),
        job: ended('Failed'),
      }),
    outcome: undefined,
  },
  'a Job that runs is none': { plan: () => drain({ job: make.job() }), outcome: undefined },
  'data that somebody gave up': {
    plan: () => drain({ binding: released }),
    outcome: { kind: 'givenUp', reason: 'Released' },
  },
  'a claim whose loss somebody has acknowledged': {
    plan: () =>
      drain({
        binding: make.binding({ metadata: gone, status: { conditions: [over] } }),
        claim: undefined,
      }),
    outcome: { kind: 'givenUp', reason: 'Lost' },
  },
  'a claim that is lost is none before that': {
    plan: () => drain({ claim: undefined }),
    outcome: undefined,
  },
  'a claim that is kept': { plan: retained, outcome: { kind: 'retained' } },
  'a rescue in the namespace of the Pod': {
    plan: () => drain({ claim: undefined, volume: make.volume() }),
    outcome: { kind: 'rescue', step: 'begun' },
  },
  'a rescue that is done': {
    plan: () =>
      rescue({
        binding: elsewhere('new-uid'),
        claim: newClaim(RESCUE),
        volume: kept(
          { namespace: RESCUE, name: newClaim(RESCUE).metadata.name, uid: 'new-uid' },
          'Bound',
        ),
      }),
    outcome: { kind: 'rescue', step: 'done' },
  },
  'a volume that was lost in its rescue, which somebody has acknowledged': {
    plan: () => rescue({ binding: inPlace({}, gone), volume: 'absent' }),
    outcome: { kind: 'givenUp', reason: 'Lost' },
  },
  'a rescue elsewhere, once the binding there goes on': {
    plan: () => leave({ volume: kept(), rescued: elsewhere() }),
    outcome: { kind: 'rescue', step: 'begun' },
  },
  'a rescue that the other namespace refuses': {
    plan: () => leave({ refusal: notTaken(elsewhere(), 403, 'Forbidden') }),
    outcome: { kind: 'rescue', step: 'refused' },
  },
  'a volume that is left to people': {
    plan: () => leave({ volume: kept(), rescueNamespace: 'shop' }),
    outcome: { kind: 'rescue', step: 'left' },
  },
  'a namespace that goes, and its data with it': {
    plan: () => leave({ binding: make.binding({ spec: { finalization } }) }),
    outcome: { kind: 'givenUp', reason: 'NamespaceDeleted' },
  },
  'the same by the annotation': {
    plan: () => leave({ binding: released }),
    outcome: { kind: 'givenUp', reason: 'Released' },
  },
  'the same without rescue': {
    plan: () => leave({ volume: 'unseen' }),
    outcome: { kind: 'givenUp', reason: 'RescueDisabled' },
  },
  'the same where the volume is gone': {
    plan: () => leave({ volume: 'absent' }),
    outcome: { kind: 'givenUp', reason: 'Lost' },
  },
  'the deletion of a Pod whose sidecar failed': {
    plan: () => sidecar('now'),
    outcome: { kind: 'sidecarDeletion', trigger: 'SidecarFailure' },
  },
  'a Pod that waits for it is none': { plan: () => sidecar('wait'), outcome: undefined },
};

describe('of what a plan says that it brings about', () => {
  test.each(Object.entries(cases))('%s', (_, { plan, outcome }) => {
    const { writes, outcome: said } = plan();
    // Without writes it was counted before.
    const counted: Outcome | undefined = writes.length > 0 ? said : undefined;
    expect(counted).toEqual(outcome === undefined ? undefined : { fluentPVC: 'logs', ...outcome });
  });
});
