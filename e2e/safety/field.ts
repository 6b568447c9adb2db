import type { Fault, SharedFault } from './faults.ts';
import type { RunPlan, SharedMoment } from './plan.ts';

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
  /** What is to strike it, the cluster's faults included. */
  readonly asked: readonly Fault[];
  /** What was seen to take effect so far; the cluster's faults are added from outside. */
  readonly faults: Set<Fault>;
  /** From then on nothing can befall its lines. */
  isDrained: boolean;
}

/** A fault of the cluster has taken effect: on whoever is not drained, and on whoever comes in. */
export function markStruck({ runs, faults }: Field, fault: SharedFault): void {
  faults.add(fault);
  for (const run of runs) if (!run.isDrained) run.faults.add(fault);
}

/** How far the runs of a round have come: what faults of the cluster wait for. */
export interface Progress {
  /** A run has come so far; again is as once. */
  reach(where: SharedMoment['are'], run: number): void;
  /** Resolves when so many have. */
  reached(moment: SharedMoment): Promise<void>;
}

/** Nobody has come anywhere. */
export function createProgress(): Progress {
  const runs = { writing: new Set<number>(), over: new Set<number>() };
  const waiting = new Set<{ moment: SharedMoment; resolve: () => void }>();
  return {
    reach(where, run) {
      runs[where].add(run);
      for (const each of waiting) {
        if (runs[each.moment.are].size < each.moment.runs) continue;
        waiting.delete(each);
        each.resolve();
      }
    },
    reached: (moment) =>
      new Promise((resolve) => {
        if (runs[moment.are].size >= moment.runs) resolve();
        else waiting.add({ moment, resolve });
      }),
  };
}
