import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../../src/api/pod.ts';
import { throwIfInterrupted } from '../cluster/readiness.ts';
import { strikeDrainer } from './drainer-strike.ts';
import {
  type ContainerEnd,
  containerIdIn,
  type Effect,
  ofKill,
  ofMemory,
  ofOwnEnd,
  seen,
  unseen,
} from './effect.ts';
import { containersOf, exhaustMemory, type NodeContainer, signalAll } from './node.ts';
import type { OwnStrike } from './plan.ts';
import { endOf, podGone, podOf, type Subject, unwanted } from './sight.ts';
import type { SafetyStage } from './stage.ts';
import { deletePod, hasFile } from './subject.ts';
import { secondsOfWriting, WRITER } from './writer.ts';

/** How often the number of lines, and a container, are looked for, in ms. */
const LOOK_EVERY_MS = 50;

/** Whose writing takes longer is not a Pod of one second: the others write for 6 s and more. */
const SHORT_S = 5;

/** Lets a fault befall a run at its moment, and looks for its effect. */
export async function strike(
  stage: SafetyStage,
  subject: Subject,
  { fault, when }: OwnStrike,
  isDrained: () => boolean,
): Promise<Effect> {
  switch (when.kind) {
    case 'from the start':
      break;
    case 'draining':
      return strikeDrainer(stage, subject, when.how, isDrained);
    case 'lines':
      if (await reachesLine(stage, subject, when.count)) break;
      return unseen(`its Pod was over before it had written ${when.count} lines`);
  }
  const { sidecar } = stage.example;
  switch (fault) {
    case 'app killed':
      return strikeContainer(stage, subject, WRITER, { act: kill, judge: ofKill });
    case 'sidecar killed':
      return strikeContainer(stage, subject, sidecar, { act: kill, judge: ofKill });
    case 'sidecar out of memory':
      return strikeContainer(stage, subject, sidecar, { act: exhaustMemory, judge: ofMemory });
    case 'Pod deleted with grace period 0':
      return forget(stage, subject);
    case 'namespace deleted':
      return deleteNamespace(stage, subject);
    case 'Pod of one second':
      return liveShortly(stage, subject);
    case 'empty volume':
      return stayEmpty(stage, subject);
    case 'finalizer Job killed':
      throw new Error(`"${fault}" strikes at the drain, and not "${when.kind}"`);
  }
}

/** Waits until the Pod has written so many lines; false where it is over before. */
export async function reachesLine(
  stage: SafetyStage,
  subject: Subject,
  count: number,
): Promise<boolean> {
  while ((await stage.truth.count(subject.uid)) < count) {
    throwIfInterrupted(stage.signal);
    if (!isRunning(stage, subject)) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return isRunning(stage, subject);
}

function isRunning({ observer }: SafetyStage, subject: Subject): boolean {
  const pod = podOf(observer, subject);
  return pod !== undefined && !hasEnded(pod);
}

function kill(container: NodeContainer): void {
  signalAll(container, 'SIGKILL');
}

/** By the number that the node has for it: one that is started again has another one. */
async function strikeContainer(
  stage: SafetyStage,
  subject: Subject,
  name: string,
  {
    act,
    judge,
  }: {
    readonly act: (container: NodeContainer) => Promise<void> | void;
    readonly judge: (end: ContainerEnd | undefined) => Effect;
  },
): Promise<Effect> {
  const container = await containerOf(stage, subject, name);
  if (container === undefined) return unseen(`its container ${name} ran no more`);
  await act(container);
  return judge(await endOf(stage.observer, subject, () => container.id));
}

/** A container that runs; its number may come after what it has written. */
async function containerOf(
  stage: SafetyStage,
  subject: Subject,
  name: string,
): Promise<NodeContainer | undefined> {
  while (isRunning(stage, subject)) {
    throwIfInterrupted(stage.signal);
    const pod = podOf(stage.observer, subject);
    const id = pod === undefined ? undefined : containerIdIn(pod, name);
    const all = await containersOf(stage.cluster, subject.uid);
    const found = all.find((each) => each.id === id);
    if (found !== undefined) return found;
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

/** Deletes the Pod at once: the API has it no more, and its app writes on. */
async function forget(stage: SafetyStage, subject: Subject): Promise<Effect> {
  const app = await containerOf(stage, subject, WRITER);
  await deletePod(stage, subject, '--force', '--grace-period=0');
  await podGone(stage.observer, subject);
  const left = await containersOf(stage.cluster, subject.uid);
  return left.some(({ id }) => id === app?.id)
    ? seen
    : unseen('its app had ended when the API forgot the Pod');
}

async function deleteNamespace(stage: SafetyStage, subject: Subject): Promise<Effect> {
  const { observer, kubectl } = stage;
  const { namespace, name } = subject;
  await kubectl('delete', 'namespace', namespace, '--wait=false');
  await unwanted(observer, `Pod ${namespace}/${name}`, () => podOf(observer, subject));
  return seen;
}

async function liveShortly(stage: SafetyStage, subject: Subject): Promise<Effect> {
  const effect = ofOwnEnd(await endOfApp(stage, subject));
  if (!effect.isSeen) return effect;
  const seconds = secondsOfWriting((await stage.truth.written(subject.uid)).lines);
  return seconds <= SHORT_S ? seen : unseen(`its app wrote for ${seconds} s`);
}

async function stayEmpty(stage: SafetyStage, subject: Subject): Promise<Effect> {
  const effect = ofOwnEnd(await endOfApp(stage, subject));
  if (!effect.isSeen) return effect;
  return (await hasFile(stage, subject)) ? unseen('its app has made a file') : seen;
}

function endOfApp({ observer }: SafetyStage, subject: Subject): Promise<ContainerEnd | undefined> {
  return endOf(observer, subject, (pod) => containerIdIn(pod, WRITER));
}
