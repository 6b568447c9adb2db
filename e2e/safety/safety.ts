import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../cluster/environment.ts';
import { withLock } from '../cluster/lock.ts';
import type { Reporter } from '../cluster/reporter.ts';
import { backendReady } from './backend.ts';
import { examples } from './examples.ts';
import type { Field } from './field.ts';
import { awaitNothingLeft } from './leftovers.ts';
import type { SafetyOptions } from './options.ts';
import { planRounds } from './plan.ts';
import { plantLoss, verdictOfPlanted, withoutBackend } from './planted-loss.ts';
import { faultsOf, shortfalls, strangersOf, tableOf } from './report.ts';
import { playRound, type Round } from './round.ts';
import { openStage, type SafetyStage } from './stage.ts';

/** What the runs work with. */
export interface SafetyContext {
  readonly environment: Environment;
  readonly reporter: Reporter;
  /** Takes everything down and ends. */
  readonly signal: AbortSignal;
}

/** Plays all rounds, from an empty machine to an empty machine; the exit code. */
export async function runSafety(options: SafetyOptions, context: SafetyContext): Promise<number> {
  const { stateFolder } = context.environment;
  await mkdir(stateFolder, { recursive: true });
  const lock = { file: join(stateFolder, '.safety.run'), what: 'the safety runs', timeout: 0 };
  return withLock(lock, async () => {
    await using parts = new AsyncDisposableStack();
    const stage = await openStage(examples[options.example], context, parts);
    if (options.plantedLoss) await plantLoss(stage);
    return await playAll(stage, options);
  });
}

async function playAll(stage: SafetyStage, options: SafetyOptions): Promise<number> {
  const { reporter, example } = stage;
  const startedAt = performance.now();
  const field: Field = { runs: new Set(), faults: new Set() };
  const rounds: Round[] = [];
  const plans = planRounds(options.seed, options.runs);
  for (const plan of options.plantedLoss ? plans.map(withoutBackend) : plans) {
    const size = `${plan.runs.length} runs`;
    reporter.step(`round with seed ${plan.seed}: ${size}, ${field.runs.size} of others wait`);
    const round = playRound(stage, plan, field, (result) => {
      reporter.line(JSON.stringify(result));
    });
    rounds.push(round);
    // Its fault is told below, when all is awaited.
    round.results.catch(() => undefined);
    await round.over;
  }
  const results = (await Promise.all(rounds.map((round) => round.results))).flat();
  const left = await awaitNothingLeft(stage);
  await backendReady(stage);
  const strangers = strangersOf(await example.receivedInAll(stage), results);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  reporter.step(`${results.length} runs in ${seconds} s`);
  for (const line of ['', ...tableOf(results, left), '']) reporter.line(line);
  const faults = faultsOf(results, left, strangers);
  return options.plantedLoss
    ? verdictOfPlanted(results, faults, reporter)
    : verdict([...faults, ...shortfalls(results)], reporter);
}

function verdict(faults: readonly string[], reporter: Reporter): number {
  if (faults.length === 0) {
    reporter.line('OK: no line was lost, none was invented, and nothing is left.');
  }
  for (const fault of faults) reporter.line(`FAILED: ${fault}.`);
  return faults.length === 0 ? 0 : 1;
}
