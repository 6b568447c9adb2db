import { quiet } from '../e2e/at-rest.ts';
import { followAudit } from '../e2e/audit.ts';
import type { AtRest } from './at-rest.ts';
import { defineBench, type Bench } from './bench.ts';
import { lookAtIdle } from './idle.ts';
import { lookAtMemory } from './memory.ts';
import { observeStand, patienceMs, populate } from './population.ts';
import { profiled } from './program.ts';
import { createRunning } from './running-pod.ts';
import { openStand, standFloor, standOperator } from './stand.ts';

const SIZES = { bindings: [0, 1000, 10_000], seconds: 60, looks: 5, profile: 'none' };

type Measure = (at: AtRest) => Promise<void>;

export const idleBench = bench(
  'idle',
  'requests, log lines and CPU while nothing happens, by the number of bindings',
  () => [lookAtIdle],
);
export const memoryBench = bench(
  'memory',
  'RSS, heap and cold start, by the number of bindings',
  () => [lookAtMemory()],
);
/** Both with the same bindings: making 10,000 of them takes longer than what is measured. */
export const restBench = bench(
  'rest',
  'what `idle` and `memory` measure, with the same bindings',
  () => [lookAtIdle, lookAtMemory()],
);

function bench(name: string, what: string, measured: () => readonly Measure[]): Bench {
  return defineBench({
    name,
    what,
    sizes: SIZES,
    measure: async (sizes, report) => {
      await using parts = new AsyncDisposableStack();
      const { seconds, looks, profile } = sizes;
      const stand = await openStand(name, { nodes: 0, audit: true, report }, parts);
      const all = measured();
      for (const bindings of sizes.bindings) {
        await using own = new AsyncDisposableStack();
        const operator = await standOperator(stand, 'all', profiled(profile, report.folder));
        own.defer(() => operator.end());
        const floor = await standFloor(stand, 5);
        own.defer(() => floor.kill());
        const observer = await observeStand(stand, own);
        await populate(stand, observer, bindings, createRunning);
        report.step(`${bindings} bindings are Ready`);
        const audit = await followAudit(stand.cluster.auditLog);
        await quiet(audit, patienceMs(bindings));
        for (const measure of all) {
          await measure({ stand, audit, operator, floor, bindings, seconds, looks, report });
        }
      }
    },
  });
}
