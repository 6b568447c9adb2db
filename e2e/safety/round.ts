import { whenInterrupted } from '../cluster/readiness.ts';
import type { Fault } from './faults.ts';
import { createProgress, type Field, type LiveRun } from './field.ts';
import { askedOf, type RoundPlan } from './plan.ts';
import type { RunResult } from './result.ts';
import { playRun } from './run.ts';
import { playShared } from './shared-strike.ts';
import type { SafetyStage } from './stage.ts';

/** A round that is played. */
export interface Round {
  /** Resolves when all its Pods are over and the cluster is well: the next round may begin. */
  readonly over: Promise<void>;
  readonly results: Promise<readonly RunResult[]>;
}

/** Plays the runs of a round side by side. */
export function playRound(
  stage: SafetyStage,
  round: RoundPlan,
  field: Field,
  onResult: (result: RunResult) => void,
): Round {
  const { seed, runs } = round;
  const progress = createProgress();
  const play = async (plan: (typeof runs)[number]): Promise<RunResult> => {
    const faults = new Set<Fault>(field.faults);
    const asked = askedOf(round, plan);
    const live: LiveRun = { seed, plan, asked, faults, isDrained: false };
    field.runs.add(live);
    try {
      const result = await playRun(stage, live, progress);
      onResult(result);
      return result;
    } finally {
      field.runs.delete(live);
    }
  };
  const results = Promise.all(runs.map(play));
  const shared = playShared(stage, round, progress, field);
  const allOver = progress.reached({ runs: runs.length, are: 'over' });
  const interrupted = whenInterrupted(stage.signal);
  return {
    over: Promise.race([Promise.all([allOver, shared]).then(() => undefined), interrupted]),
    results: Promise.race([results, interrupted]),
  };
}
