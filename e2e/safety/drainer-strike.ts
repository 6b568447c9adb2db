import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfInterrupted } from '../cluster/readiness.ts';
import { type Effect, seen, unseen } from './effect.ts';
import { containersOf, ended, signalAll, standStill } from './node.ts';
import type { DrainerKill } from './plan.ts';
import { drainers, podGone, type Subject, unwanted } from './sight.ts';
import type { SafetyStage } from './stage.ts';
import { deletePod } from './subject.ts';

/** How often a Job is looked for, and its processes once it has a Pod: they may drain in a moment. In ms. */
const LOOK_EVERY_MS = 50;
const LOOK_CLOSELY_EVERY_MS = 5;

/** Kills the finalizer Job as soon as it drains; the claim may be drained before that is seen. */
export async function strikeDrainer(
  stage: SafetyStage,
  subject: Subject,
  how: DrainerKill,
  isDrained: () => boolean,
): Promise<Effect> {
  while (!isDrained()) {
    throwIfInterrupted(stage.signal);
    const pods = drainers(stage.observer, subject);
    for (const { metadata } of pods) {
      const pod = { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
      if (await killDrainer(stage, { ...subject, ...pod }, how)) return seen;
    }
    await sleep(pods.length === 0 ? LOOK_EVERY_MS : LOOK_CLOSELY_EVERY_MS);
  }
  return unseen('its claim was drained before its finalizer Job was seen to drain');
}

/** True where a process that drained was killed; its Pod or Job is gone by then, if it was to go. */
async function killDrainer(
  stage: SafetyStage,
  drainer: Subject,
  how: DrainerKill,
): Promise<boolean> {
  const { observer, cluster, example, kubectl } = stage;
  const containers = await containersOf(cluster, drainer.uid);
  const drain = containers.find(({ command }) => example.isDrainer(command));
  // It stands still, so that it cannot come to its end meanwhile; it may have come to it just before.
  if (drain === undefined || !(await standStill(drain))) return false;
  const jobName = `${drainer.namespace}/${drainer.claim}`;
  const job = observer.jobs.get(jobName);
  for (const other of containers) signalAll(other, 'SIGSTOP');
  if (how === 'Pod') {
    await deletePod(stage, drainer, '--force', '--grace-period=0');
  } else if (how === 'Job') {
    const what = ['job', drainer.claim, '--namespace', drainer.namespace];
    await kubectl('delete', ...what, '--ignore-not-found', '--wait=false');
  }
  for (const container of containers) signalAll(container, 'SIGKILL');
  await ended(drain);
  if (how === 'Pod') await podGone(observer, drainer);
  if (how === 'Job') {
    await unwanted(observer, `Job ${jobName}`, () => {
      const found = observer.jobs.get(jobName);
      return found?.metadata.uid === job?.metadata.uid ? found : undefined;
    });
  }
  return true;
}
