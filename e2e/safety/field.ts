import type { Fault, SharedFault } from './faults.ts';
import type { RunPlan } from './plan.ts';

/** What is under way in the cluster, whatever round it is of. */
export interface Field {
  readonly runs: Set<LiveRun>;
  /** What the cluster suffers from at the moment: it strikes who comes in, too. */
  readonly faults: Set<SharedFault>;
}

/** What a run knows of itself while it is under way. */
export interface LiveRun {
  /** Of its round. */
  readonly seed: number;
  readonly plan: RunPlan;
  /** What has struck it so far; the cluster's faults are added from outside. */
  readonly faults: Set<Fault>;
  /** From then on nothing can befall its lines. */
  isDrained: boolean;
}
