import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded, type ContainerStatus, type Pod } from '../../src/api/pod.ts';
import { throwIfInterrupted } from '../cluster/readiness.ts';
import { containersOf, exhaustMemory, type NodeContainer, signalAll } from './node.ts';
import type { OwnStrike } from './plan.ts';
import { drainers, podOf, type Subject } from './sight.ts';
import type { SafetyStage } from './stage.ts';
import { WRITER } from './writer.ts';

/** How often the number of lines, and the processes of a Job, are looked for, in ms. */
const LOOK_EVERY_MS = 50;

/** Lets a fault befall a run at its moment; false where the run was over before. */
export async function strike(
  stage: SafetyStage,
  subject: Subject,
  { fault, when }: OwnStrike,
  isDrained: () => boolean,
): Promise<boolean> {
  switch (when.kind) {
    case 'from the start':
      return true;
    case 'draining':
      return strikeDrainer(stage, subject, when.how, isDrained);
    case 'lines':
      if (!(await reachesLine(stage, subject, when.count))) return false;
  }
  switch (fault) {
    case 'app killed':
      return withContainer(stage, subject, WRITER, (container) => {
        signalAll(container, 'SIGKILL');
      });
    case 'sidecar killed':
      return withContainer(stage, subject, stage.example.sidecar, (container) => {
        signalAll(container, 'SIGKILL');
      });
    case 'sidecar out of memory':
      return withContainer(stage, subject, stage.example.sidecar, exhaustMemory);
    case 'Pod deleted with grace period 0':
      await deletePod(stage, subject, '--force', '--grace-period=0');
      return true;
    case 'namespace deleted':
      await stage.kubectl('delete', 'namespace', subject.namespace, '--wait=false');
      return true;
    case 'Pod of one second':
    case 'empty volume':
    case 'finalizer Job killed':
      throw new Error(`"${fault}" does not strike after a number of lines`);
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

/** As people do it, or at once. */
export async function deletePod(
  { kubectl }: SafetyStage,
  { namespace, name }: Pick<Subject, 'namespace' | 'name'>,
  ...flags: readonly string[]
): Promise<void> {
  const what = ['pod', name, '--namespace', namespace];
  await kubectl('delete', ...what, '--ignore-not-found', '--wait=false', ...flags);
}

function isRunning({ observer }: SafetyStage, subject: Subject): boolean {
  const pod = podOf(observer, subject);
  return pod !== undefined && !hasEnded(pod);
}

/** By the number that the node has for it: one that is started again has another one. */
async function withContainer(
  stage: SafetyStage,
  subject: Subject,
  name: string,
  act: (container: NodeContainer) => Promise<void> | void,
): Promise<boolean> {
  const pod = podOf(stage.observer, subject);
  const id = pod === undefined ? undefined : containerId(pod, name);
  const container = (await containersOf(stage.cluster, subject.uid)).find((each) => each.id === id);
  if (container === undefined) return false;
  await act(container);
  return true;
}

function containerId({ status }: Pod, name: string): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  const all: (ContainerStatus & { containerID?: string })[] = [
    ...initContainerStatuses,
    ...containerStatuses,
  ];
  return all.find((each) => each.name === name)?.containerID?.replace('containerd://', '');
}

/** As soon as its finalizer Job drains; it may be drained before that is seen. */
async function strikeDrainer(
  stage: SafetyStage,
  subject: Subject,
  how: 'process' | 'Pod' | 'Job',
  isDrained: () => boolean,
): Promise<boolean> {
  while (!isDrained()) {
    throwIfInterrupted(stage.signal);
    for (const { metadata } of drainers(stage.observer, subject)) {
      const containers = await containersOf(stage.cluster, metadata.uid);
      if (!containers.some(({ command }) => stage.example.isDrainer(command))) continue;
      const { namespace = '', name } = metadata;
      // It stands still, so that it cannot come to its end meanwhile.
      containers.forEach((container) => {
        signalAll(container, 'SIGSTOP');
      });
      if (how === 'Pod') {
        await deletePod(stage, { namespace, name }, '--force', '--grace-period=0');
      } else if (how === 'Job') {
        const job = ['job', subject.claim, '--namespace', namespace];
        await stage.kubectl('delete', ...job, '--ignore-not-found', '--wait=false');
      }
      containers.forEach((container) => {
        signalAll(container, 'SIGKILL');
      });
      return true;
    }
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
