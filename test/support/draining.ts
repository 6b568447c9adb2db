import {
  drainPlan,
  type DrainObservation,
  type NextJob,
} from '../../controllers/binding/drain/drain-plan.ts';
import type { BindingStatus } from '../../src/api/binding.ts';
import type { JobStatus } from '../../src/api/job.ts';
import { annotations } from '../../src/api/names.ts';
import { at, make, T0 } from './make.ts';

export const over = make.condition('OutOfUse');
export const binding = (
  status: BindingStatus = {},
  retry?: string,
): DrainObservation['binding'] => {
  const { metadata } = make.binding();
  return make.binding({
    metadata: {
      annotations: {
        ...metadata.annotations,
        ...(retry === undefined ? {} : { [annotations.retry]: retry }),
      },
    },
    status: { conditions: [over], ...status },
  });
};
export const running = make.job();
export const ended = (type: string, message = 'too many failures'): DrainObservation['job'] => {
  const condition: NonNullable<JobStatus['conditions']>[number] = {
    type,
    status: 'True',
    reason: 'BackoffLimitExceeded',
    message,
  };
  return make.job({ status: { conditions: [condition] } });
};
export const next = { outcome: 'job' as const, job: make.job() } satisfies NextJob;
export const failedStatus = (due: number): BindingStatus => ({
  phase: 'FinalizerJobFailed',
  attempts: 1,
  jobUID: 'job-uid',
  nextAttemptTime: at(due),
  conditions: [over, make.condition('FinalizerJobApplied'), make.condition('FinalizerJobFailed')],
});
export const unknownStatus: BindingStatus = {
  phase: 'Unknown',
  conditions: [over, make.condition('Unknown', { reason: 'MountPathTaken' })],
};

export function plan(change: Partial<DrainObservation>): ReturnType<typeof drainPlan> {
  return drainPlan({
    now: T0 + 100_000,
    binding: binding(),
    claim: make.claim(),
    volume: 'unseen',
    job: undefined,
    jobPodEnd: undefined,
    jobPods: [],
    next: undefined,
    refusal: undefined,
    idle: undefined,
    ...change,
  });
}
