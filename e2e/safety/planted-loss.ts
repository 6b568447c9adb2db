import type { Reporter } from '../cluster/reporter.ts';
import type { RoundPlan } from './plan.ts';
import { knownSum, type RunResult } from './result.ts';
import type { SafetyStage } from './stage.ts';

/** Makes the finalizer Job one that ships nothing and says that all is shipped. */
export async function plantLoss({ client, example, reporter }: SafetyStage): Promise<void> {
  const drain = { name: 'drain', image: 'busybox:stable', command: ['true'] };
  const template = { spec: { initContainers: null, containers: [drain] } };
  await client.patch(
    { kind: 'FluentPVC', name: example.writer.fluentPVC },
    { type: 'merge', body: { spec: { pvcFinalizerJobSpecTemplate: { template } } } },
  );
  reporter.step('planted: finalizer Jobs exit 0 at once');
}

/**
 * A round whose backend is away from before the first line until the last Pod is over: where nothing
 * is shipped meanwhile, all lines are left to the finalizer Jobs, and theirs to lose.
 */
export function withoutBackend({ runs, ...round }: RoundPlan): RoundPlan {
  const from = { runs: 0, are: 'writing' } as const;
  return { ...round, runs, strikes: [{ fault: 'backend down', from, untilOver: runs.length }] };
}

/** Says whether it was found; the exit code. */
export function verdictOfPlanted(
  results: readonly RunResult[],
  faults: readonly string[],
  reporter: Reporter,
): number {
  const lost = knownSum(results.map((run) => run.lost));
  for (const fault of faults) reporter.line(`FAILED: ${fault}.`);
  reporter.line(
    lost > 0
      ? `The planted loss was found: ${lost} lines.`
      : 'FAILED: the planted loss was not found.',
  );
  return lost > 0 ? 1 : 2;
}
