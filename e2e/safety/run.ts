import { messageOf } from '../../src/errors.ts';
import type { Account } from './account.ts';
import { logsOf, saveEvidence } from './evidence.ts';
import type { Fault } from './faults.ts';
import type { LiveRun, Progress } from './field.ts';
import { figuresOf, measured, type RunResult, troublesOf } from './result.ts';
import { receivedSoFar, settle } from './settle.ts';
import { drained, podOf, podOver, type Release, released, type Subject } from './sight.ts';
import type { SafetyStage } from './stage.ts';
import { reachesLine, strike } from './strike.ts';
import { deletePod, letWrite, makeNamespace, makePod } from './subject.ts';

/** Plays a run from its namespace to the end of it; never rejects but for an interruption. */
export async function playRun(
  stage: SafetyStage,
  live: LiveRun,
  progress: Progress,
): Promise<RunResult> {
  const course: Course = { missed: new Map(), isReleased: false, logs: new Map() };
  const troubles: string[] = [];
  try {
    await playOut(stage, live, progress, course);
  } catch (thrown) {
    stage.signal.throwIfAborted();
    troubles.push(messageOf(thrown));
  }
  // Whatever happened: others wait for how far the runs have come.
  progress.reach('writing', live.plan.number);
  progress.reach('over', live.plan.number);
  const { account, subject, release, shipped, seconds, logs } = course;
  if (account !== undefined && release !== undefined) {
    troubles.push(...troublesOf(account, release));
  }
  const { keepsEveryDelivery } = stage.example;
  const attempts =
    subject === undefined ? undefined : (stage.history.attempts.get(subject.claim) ?? 0);
  const result: RunResult = {
    seed: live.seed,
    run: live.plan.number,
    asked: live.asked,
    faults: [...live.faults],
    missed: missedOf(live, course),
    ...figuresOf({ account, shipped, keepsEveryDelivery }),
    seconds: measured(seconds),
    attempts: measured(attempts),
    troubles,
  };
  const evidence =
    troubles.length === 0
      ? {}
      : { evidence: await saveEvidence(stage, { live, result, subject, account, logs }) };
  // What is not released stays as it is, and is told at the end.
  if (course.isReleased) {
    const namespace = ['namespace', namespaceOf(live)];
    await stage.kubectl('delete', ...namespace, '--ignore-not-found', '--wait=false');
  }
  return { ...result, ...evidence };
}

function namespaceOf({ seed, plan }: LiveRun): string {
  return `safety-${seed}-${plan.number}`;
}

/** Each with its reason. */
function missedOf(live: LiveRun, { missed }: Course): readonly string[] {
  const late = `no effect was seen before ${live.isDrained ? 'its claim was drained' : 'the run failed'}`;
  return live.asked
    .filter((fault) => !live.faults.has(fault))
    .map((fault) => `${fault}: ${missed.get(fault) ?? late}`);
}

/** What is found out on the way. */
interface Course {
  subject?: Subject;
  /** Own faults whose effect was not seen, and why. */
  readonly missed: Map<Fault, string>;
  /** Lines that were with the backend when the Pod was over. */
  shipped?: number;
  release?: Release;
  seconds?: number;
  account?: Account;
  isReleased: boolean;
  /** What its containers said, as long as they could be asked. */
  readonly logs: Map<string, string>;
}

async function playOut(
  stage: SafetyStage,
  live: LiveRun,
  progress: Progress,
  course: Course,
): Promise<void> {
  const { observer } = stage;
  const { plan, faults } = live;
  const namespace = namespaceOf(live);
  await makeNamespace(stage, namespace);
  const subject = await makePod(stage, namespace, plan);
  course.subject = subject;
  if (plan.writing.lines > 0) await letWrite(stage, subject);
  progress.reach('writing', plan.number);

  const strikeAll = async (kind: 'before' | 'after'): Promise<void> => {
    for (const each of plan.strikes) {
      if ((each.when.kind === 'draining') !== (kind === 'after')) continue;
      const effect = await strike(stage, subject, each, () => live.isDrained);
      if (effect.isSeen) faults.add(each.fault);
      else course.missed.set(each.fault, effect.why);
    }
  };
  await strikeAll('before');
  if (plan.deletedAfter !== undefined) {
    const isDue = await reachesLine(stage, subject, plan.deletedAfter);
    if (isDue) await deletePod(stage, subject);
  }
  const how = await podOver(observer, subject);
  const overAt = performance.now();
  progress.reach('over', plan.number);
  const shipped = receivedSoFar(stage, subject);
  await keepLogs(stage, subject, course);
  const striking = strikeAll('after');
  // What it rejects with is told below, unless something else comes first.
  striking.catch(() => undefined);
  if (how === 'ended' && plan.removed === 'at its end') await deletePod(stage, subject);
  course.release = await drained(stage, subject);
  course.seconds = Math.round((performance.now() - overAt) / 100) / 10;
  live.isDrained = true;
  const known = await shipped;
  if (known !== undefined) course.shipped = known;
  await keepLogs(stage, subject, course);
  await striking;
  if (podOf(observer, subject) !== undefined) await deletePod(stage, subject);
  await released(observer, subject);
  course.isReleased = true;
  course.account = await settle(stage, subject);
}

async function keepLogs(stage: SafetyStage, subject: Subject, { logs }: Course): Promise<void> {
  for (const [file, text] of await logsOf(stage.cluster, subject)) logs.set(file, text);
}
