import { containerStatuses, type Pod } from '../../src/api/pod.ts';

/*
 * A fault counts for a run only when its effect was seen, and not because somebody asked for it: a
 * signal may come when the container has ended already, and of two processes in a cgroup that is out of
 * memory the kernel may choose the other one.
 */

/** Whether the effect of a fault was seen. */
export type Effect = { readonly isSeen: true } | { readonly isSeen: false; readonly why: string };

/** How a container ended, by the status of its Pod. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly reason?: string;
}

/** Of SIGKILL: 128 and the number of the signal. */
const KILLED = 137;

/** It was seen. */
export const seen: Effect = { isSeen: true };

/** It was not. */
export function unseen(why: string): Effect {
  return { isSeen: false, why };
}

/** The end of the container with that number, though another one may run in its place; pure. */
export function endIn(pod: Pod, containerId: string): ContainerEnd | undefined {
  return containerStatuses(pod)
    .flatMap(({ state, lastState }) => [state?.terminated, lastState?.terminated])
    .find((end) => end !== undefined && numberOf(end) === containerId);
}

/** The number that the node has for what runs, or ran last, under that name; pure. */
export function containerIdIn(pod: Pod, name: string): string | undefined {
  const status = containerStatuses(pod).find((each) => each.name === name);
  return status === undefined ? undefined : numberOf(status);
}

/** Of SIGKILL for all processes of a container. Pure. */
export function ofKill(end: ContainerEnd | undefined): Effect {
  if (end === undefined) return unseen(GONE);
  return end.exitCode === KILLED ? seen : unseen(`the container ended by itself ${textOf(end)}`);
}

/** Of memory that is used up. Pure. */
export function ofMemory(end: ContainerEnd | undefined): Effect {
  if (end === undefined) return unseen(GONE);
  return end.reason === 'OOMKilled'
    ? seen
    : unseen(`the container was not OOMKilled ${textOf(end)}`);
}

/** Of an app that has done all that it is to do. Pure. */
export function ofOwnEnd(end: ContainerEnd | undefined): Effect {
  if (end === undefined) return unseen(GONE);
  return end.exitCode === 0 ? seen : unseen(`the app failed ${textOf(end)}`);
}

const GONE = 'the Pod was over, and nobody has seen the end of the container';

function textOf({ exitCode, reason }: ContainerEnd): string {
  return `(exit code ${exitCode}${reason === undefined ? '' : `, ${reason}`})`;
}

/** The API has it; the operator asks nobody for it. */
function numberOf(status: object): string | undefined {
  return (status as { containerID?: string }).containerID?.replace('containerd://', '');
}
