import type { SidecarRecord } from '../src/api/binding.ts';
import { isDeleting, type Stored } from '../src/api/object.ts';
import { hasEnded, type ContainerState, type ContainerStatus, type Pod } from '../src/api/pod.ts';
import type { ObjectRef } from '../src/api/resources.ts';
import type { EventWrite, Plan } from '../src/core/plan.ts';

/** All that the decision on a Pod's sidecar depends on. */
export interface SidecarObservation {
  now: number;
  pod: Stored<Pod>;
  sidecar: SidecarRecord;
  /** How long disruption budgets may keep a Pod that is not Ready, in ms. */
  evictionTimeoutMs: number;
}

/** Restarts that count as failure, whatever the exit codes say. */
const TOO_MANY_RESTARTS = 3;
/** The runtime did not see the container end: the node went down under it. */
const LOST_WITH_NODE: readonly string[] = ['Unknown', 'ContainerStatusUnknown'];

/**
 * Deletes a Pod whose sidecar failed, so that its owner replaces it by one with a new claim; the
 * old claim is drained. Through the eviction API, so that disruption budgets hold; deleted where
 * they hold for too long a Pod that is not Ready anyway. Pure.
 */
export function sidecarPlan({ now, pod, sidecar, evictionTimeoutMs }: SidecarObservation): Plan {
  if (isDeleting(pod) || hasEnded(pod)) return { writes: [], reason: 'the Pod is ending' };
  const trouble = troubleOf(pod, sidecar);
  if (trouble === undefined) return { writes: [], reason: 'the sidecar is well' };
  const { namespace = '', name, uid } = pod.metadata;
  const ref: ObjectRef = { kind: 'Pod', namespace, name };
  const overdue = !isReady(pod) && now - trouble.since > evictionTimeoutMs;
  const event: EventWrite = {
    verb: 'event',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type: 'Warning',
    reason: 'SidecarFailed',
    action: overdue ? 'Delete' : 'Evict',
    note:
      `Sidecar "${sidecar.name}" ${trouble.what}: the Pod is deleted so that its owner replaces ` +
      `it; what is on its claim will be drained.`,
  };
  return {
    writes: [
      overdue
        ? { verb: 'delete', ref, uid, propagation: 'Background' }
        : { verb: 'evict', ref, uid },
      event,
    ],
    reason: `the sidecar ${trouble.what}`,
  };
}

interface Trouble {
  what: string;
  /** When it began, in ms since the epoch. */
  since: number;
}

function troubleOf(pod: Stored<Pod>, sidecar: SidecarRecord): Trouble | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const own = sidecar.mode === 'Native' ? initContainerStatuses : containerStatuses;
  const status = own.find((candidate) => candidate.name === sidecar.name);
  if (status === undefined) return undefined;
  const apps = containerStatuses.filter((candidate) => candidate.name !== sidecar.name);
  const hasStarted = apps.some(
    ({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated,
  );
  switch (sidecar.podDeletionTrigger) {
    case 'Never':
      return undefined;
    case 'SidecarTermination':
      return hasStarted ? ending(status, apps, () => true) : undefined;
    case 'SidecarFailure':
      if (!hasStarted) return crashLoop(status);
      return ending(status, apps, ({ exitCode }) => exitCode !== 0) ?? restarts(status, apps);
    default:
      throw new Error(`no such trigger: ${String(sidecar.podDeletionTrigger satisfies never)}`);
  }
}

type Termination = NonNullable<ContainerState['terminated']>;

/** An end of the sidecar that counts, while an app container still ran. */
function ending(
  status: ContainerStatus,
  apps: readonly ContainerStatus[],
  counts: (end: Termination) => boolean,
): Trouble | undefined {
  for (const end of [status.state?.terminated, status.lastState?.terminated]) {
    if (end === undefined || !counts(end) || LOST_WITH_NODE.includes(end.reason ?? '')) continue;
    const at = Date.parse(end.finishedAt ?? '');
    if (!apps.some((app) => ranAfter(app, at))) continue;
    return {
      what: `ended with exit code ${end.exitCode} (${end.reason ?? 'no reason'}) while the app ran`,
      since: Number.isNaN(at) ? 0 : at,
    };
  }
  return undefined;
}

/** Does the container run, or did it end later than that? */
function ranAfter({ state, lastState }: ContainerStatus, time: number): boolean {
  if (state?.running !== undefined) return true;
  const end = state?.terminated ?? lastState?.terminated;
  return end?.finishedAt !== undefined && Date.parse(end.finishedAt) > time;
}

function restarts(status: ContainerStatus, apps: readonly ContainerStatus[]): Trouble | undefined {
  const count = status.restartCount ?? 0;
  if (count < TOO_MANY_RESTARTS || !apps.some(({ state }) => state?.running)) return undefined;
  const end = Date.parse(status.lastState?.terminated?.finishedAt ?? '');
  return { what: `was restarted ${count} times`, since: Number.isNaN(end) ? 0 : end };
}

/** Before the app has started nothing can be lost: only a sidecar that will not come up counts. */
function crashLoop(status: ContainerStatus): Trouble | undefined {
  if (status.state?.waiting?.reason !== 'CrashLoopBackOff') return undefined;
  const end = Date.parse(status.lastState?.terminated?.finishedAt ?? '');
  return {
    what: 'crashes before the app can start (CrashLoopBackOff)',
    since: Number.isNaN(end) ? 0 : end,
  };
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}
