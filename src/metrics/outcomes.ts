import { Counter, Histogram, type Registry } from 'prom-client';

/** Why data was let go that nobody has shipped. */
export type GivenUpReason =
  /** The annotation `release`. */
  | 'Released'
  /** `finalization.onNamespaceDeletion: Release` of a FluentPVC whose Pod's namespace went. */
  | 'NamespaceDeleted'
  /** The same, and the operator runs with --disable-rescue. */
  | 'RescueDisabled'
  /** Claim or volume was gone, or another's; somebody has acknowledged that, or the namespace went. */
  | 'Lost';

/** How far a rescue is. `refused`: it waits, `left`: the volume is kept, and people must drain it. */
export type RescueStep = 'begun' | 'done' | 'refused' | 'left';

/** What the writes of a plan bring about in the life of a claim; `fluentPVC` is a name. */
export type Outcome = { fluentPVC: string } & (
  | { kind: 'drained'; /** Since the Pod was over. */ ms: number }
  /** A finalizer Job failed; `reason` is the Job's. */
  | { kind: 'drainFailed'; reason: string }
  | { kind: 'retained' }
  | { kind: 'givenUp'; reason: GivenUpReason }
  | { kind: 'rescue'; step: RescueStep }
  | { kind: 'sidecarDeletion'; trigger: string }
);

/** What has become of claims, and of Pods for their sake. */
export interface OutcomeMetrics {
  /** Once the writes of the plan that says it are done. */
  outcome: (outcome: Outcome) => void;
  /** There is a FluentPVC of that name: its counters begin at 0, not with their first event. */
  expect: (fluentPVC: string) => void;
}

/** From seconds to a day: a backend that is away for the night is no news. */
const DRAIN_SECONDS = [5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 43_200, 86_400];

/** What is expected of every FluentPVC; other reasons come with the first of their kind. */
const JOB_REASONS = ['BackoffLimitExceeded', 'DeadlineExceeded', 'PodFailurePolicy'];
const GIVEN_UP: readonly GivenUpReason[] = [
  'Released',
  'NamespaceDeleted',
  'RescueDisabled',
  'Lost',
];
const STEPS: readonly RescueStep[] = ['begun', 'done', 'refused', 'left'];

export function outcomeMetrics(registry: Registry): OutcomeMetrics {
  const registers = [registry];
  const durations = new Histogram({
    name: 'fluent_pvc_drain_duration_seconds',
    help: 'Time from when the Pod was over to when a finalizer Job had drained its claim, by the times in the binding.',
    labelNames: ['fluentpvc'],
    buckets: DRAIN_SECONDS,
    registers,
  });
  const failures = new Counter({
    name: 'fluent_pvc_finalizer_job_failures_total',
    help: 'Finalizer Jobs that failed, by reason of the Job. The claim is kept.',
    labelNames: ['fluentpvc', 'reason'],
    registers,
  });
  const retained = new Counter({
    name: 'fluent_pvc_claims_retained_total',
    help: 'Claims kept after they were drained (finalization.onSuccess: Retain).',
    labelNames: ['fluentpvc'],
    registers,
  });
  const givenUp = new Counter({
    name: 'fluent_pvc_data_given_up_total',
    help: 'Claims let go without a drain, by reason: what was on them is not shipped.',
    labelNames: ['fluentpvc', 'reason'],
    registers,
  });
  const rescues = new Counter({
    name: 'fluent_pvc_rescues_total',
    help: 'Volumes of claims that were deleted before they were drained, by step: begun, done, refused (it waits), left (to people).',
    labelNames: ['fluentpvc', 'step'],
    registers,
  });
  const deletions = new Counter({
    name: 'fluent_pvc_sidecar_deletions_total',
    help: 'Pods deleted because of their sidecar, by FluentPVC and trigger.',
    labelNames: ['fluentpvc', 'trigger'],
    registers,
  });
  const expected = new Set<string>();
  const expect = (fluentpvc: string): void => {
    if (expected.has(fluentpvc)) return;
    expected.add(fluentpvc);
    durations.zero({ fluentpvc });
    for (const reason of JOB_REASONS) failures.inc({ fluentpvc, reason }, 0);
    retained.inc({ fluentpvc }, 0);
    for (const reason of GIVEN_UP) givenUp.inc({ fluentpvc, reason }, 0);
    for (const step of STEPS) rescues.inc({ fluentpvc, step }, 0);
  };
  return {
    expect,
    outcome(outcome) {
      const { kind, fluentPVC: fluentpvc } = outcome;
      expect(fluentpvc);
      switch (kind) {
        case 'drained':
          durations.observe({ fluentpvc }, Math.max(outcome.ms, 0) / 1000);
          return;
        case 'drainFailed':
          failures.inc({ fluentpvc, reason: outcome.reason });
          return;
        case 'retained':
          retained.inc({ fluentpvc });
          return;
        case 'givenUp':
          givenUp.inc({ fluentpvc, reason: outcome.reason });
          return;
        case 'rescue':
          rescues.inc({ fluentpvc, step: outcome.step });
          return;
        case 'sidecarDeletion':
          deletions.inc({ fluentpvc, trigger: outcome.trigger });
          return;
        default:
          throw new Error(`no such outcome: ${JSON.stringify(kind satisfies never)}`);
      }
    },
  };
}
