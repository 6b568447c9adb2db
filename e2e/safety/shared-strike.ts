import { bringBackendBack, slowBackendDown, takeBackendAway } from './backend.ts';
import type { SharedFault } from './faults.ts';
import { type Field, markStruck, type Progress } from './field.ts';
import type { RoundPlan, SharedStrike } from './plan.ts';
import type { SafetyStage } from './stage.ts';

/** What a fault takes away; two faults of a round take it one after the other. */
const TARGETS = {
  'backend down': 'backend',
  'backend slow': 'backend',
  'operator killed': 'operator',
  'kubelet restarted': 'kubelet',
} as const satisfies Record<SharedFault, string>;

/** Lets the faults befall the cluster at their moments, and resolves when they have passed. */
export async function playShared(
  stage: SafetyStage,
  { runs, strikes }: RoundPlan,
  progress: Progress,
  field: Field,
): Promise<void> {
  const taken = new Map<string, Promise<void>>();
  const play = async ({ fault, from, untilOver }: SharedStrike): Promise<void> => {
    await progress.reached(from);
    // An operator that is away admits nobody, and of Pods that a kubelet just starts when it is killed
    // it makes failed ones: those whose lines are waited for must be there.
    if (fault === 'operator killed' || fault === 'kubelet restarted') {
      await progress.reached({ runs: runs.length, are: 'writing' });
    }
    const acting = (taken.get(TARGETS[fault]) ?? Promise.resolve()).then(async () => {
      stage.reporter.step(`  ${fault}`);
      await befall(stage, fault, {
        until: progress.reached({ runs: untilOver, are: 'over' }),
        onEffect: () => {
          markStruck(field, fault);
        },
      });
      const hasStruck = field.faults.delete(fault);
      stage.reporter.step(`  ${fault}: ${hasStruck ? 'it has passed' : 'no effect was seen'}`);
    });
    taken.set(TARGETS[fault], acting);
    await acting;
  };
  await Promise.all(strikes.map(play));
}

/** Tells when the effect is seen, and returns when it has passed. */
async function befall(
  stage: SafetyStage,
  fault: SharedFault,
  { until, onEffect }: { readonly until: Promise<void>; readonly onEffect: () => void },
): Promise<void> {
  const { cluster, operator } = stage;
  switch (fault) {
    case 'backend down':
      await takeBackendAway(stage);
      onEffect();
      await until;
      await bringBackendBack(stage);
      return;
    case 'backend slow':
      await slowBackendDown(stage, until, onEffect);
      return;
    case 'operator killed':
      if ((await operator.kill()) === 'signal SIGKILL') onEffect();
      await until;
      await operator.start();
      return;
    case 'kubelet restarted':
      // Returns when its process is gone.
      await cluster.killComponent('kubelet');
      onEffect();
      // Without it no Pod comes to its end: there is nothing else to wait for.
      await cluster.restartComponent('kubelet');
  }
}
