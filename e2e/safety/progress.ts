import type { SharedMoment } from './plan.ts';

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
