import type { SidecarRecord } from '../../src/api/binding.ts';
import { isDeleting, type Stored } from '../../src/api/object.ts';
import {
  hasEnded,
  type ContainerState,
  type ContainerStatus,
  type Pod,
} from '../../src/api/pod.ts';

/** Restarts that count as failure, whatever the exit codes say. */
const TOO_MANY_RESTARTS = 3;

/** What is wrong with the sidecar, as the end of a sentence; `undefined` where nothing is. Pure. */
export function sidecarTrouble(pod: Stored<Pod>, sidecar: SidecarRecord): string | undefined {
  if (isDeleting(pod) || hasEnded(pod)) return undefined;
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const own = sidecar.mode === 'Native' ? initContainerStatuses : containerStatuses;
  const status = own.find((candidate) => candidate.name === sidecar.name);
  if (status === undefined) return undefined;
  const apps = containerStatuses.filter((candidate) => candidate.name !== sidecar.name);
  switch (sidecar.podDeletionTrigger) {
    case 'Never':
      return undefined;
    case 'SidecarTermination':
      return ending(status, apps, () => true);
    case 'SidecarFailure':
      return (
        ending(status, apps, ({ exitCode }) => exitCode !== 0) ??
        restarts(status, apps) ??
        crashLoop(status, apps)
      );
    default:
      throw new Error(`no such trigger: ${String(sidecar.podDeletionTrigger satisfies never)}`);
  }
}

type Termination = NonNullable<ContainerState['terminated']>;

/** An end of the sidecar that counts, while an app container ran. */
function ending(
  status: ContainerStatus,
  apps: readonly ContainerStatus[],
  counts: (end: Termination) => boolean,
): string | undefined {
  for (const end of [status.state?.terminated, status.lastState?.terminated]) {
    if (end === undefined || !counts(end)) continue;
    if (fellWithNode(end, apps)) continue;
    if (!apps.some((app) => ranAt(app, end, status))) continue;
    return `ended with exit code ${end.exitCode} (${end.reason ?? 'no reason'}) while the app ran`;
  }
  return undefined;
}

/**
 * Did the container run when the sidecar ended? It had started by then, and has not ended since or only
 * later. Where its first start is not known, it had. Kubernetes tells the second: where both are of the
 * same one it had, unless the sidecar ran again by then, under which it came up.
 */
function ranAt(
  app: ContainerStatus,
  end: Termination | undefined,
  sidecar: ContainerStatus,
): boolean {
  const time = Date.parse(end?.finishedAt ?? '');
  const start = Date.parse(firstStart(app) ?? '');
  const again = Date.parse(sidecar.state?.running?.startedAt ?? '');
  if (start > time || (start === time && again <= start)) return false;
  return (
    app.state?.running !== undefined ||
    terminations(app).some((end) => Date.parse(end.finishedAt ?? '') > time)
  );
}

/**
 * Did the node go down under the sidecar, and under an app with it? Of an app that was restarted
 * since, nobody knows any more how it ended then: it is taken to have.
 */
function fellWithNode(end: Termination, apps: readonly ContainerStatus[]): boolean {
  const time = Date.parse(end.finishedAt ?? '');
  return (
    isLost(end) &&
    apps.some((app) => terminations(app).some(isLost) || earliestKnownStart(app) > time)
  );
}

/** In ms since the epoch; NaN where none is known. */
function earliestKnownStart({ state, lastState }: ContainerStatus): number {
  const known = lastState?.terminated ?? state?.terminated ?? state?.running;
  return Date.parse(known?.startedAt ?? '');
}

/** Of a container that was restarted more than once only the last two starts are known. */
function firstStart({ restartCount = 0, state, lastState }: ContainerStatus): string | undefined {
  switch (restartCount) {
    case 0:
      return (state?.running ?? state?.terminated)?.startedAt;
    case 1:
      return lastState?.terminated?.startedAt;
    default:
      return undefined;
  }
}

function restarts(status: ContainerStatus, apps: readonly ContainerStatus[]): string | undefined {
  const count = status.restartCount ?? 0;
  const [last] = terminations(status);
  if (count < TOO_MANY_RESTARTS || (last !== undefined && fellWithNode(last, apps)))
    return undefined;
  if (!apps.some((app) => ranAt(app, last, status))) return undefined;
  return `was restarted ${count} times`;
}

/** Before the app has started nothing can be lost: only a sidecar that will not come up counts. */
function crashLoop(status: ContainerStatus, apps: readonly ContainerStatus[]): string | undefined {
  if (apps.some(hasStarted) || status.state?.waiting?.reason !== 'CrashLoopBackOff')
    return undefined;
  return 'crashes before the app can start (CrashLoopBackOff)';
}

function hasStarted(container: ContainerStatus): boolean {
  const { state, restartCount = 0 } = container;
  return state?.running !== undefined || restartCount > 0 || terminations(container).length > 0;
}

function terminations({ state, lastState }: ContainerStatus): Termination[] {
  return [state?.terminated, lastState?.terminated].filter((end) => end !== undefined);
}

/** The runtime did not see it end: the node went down under it. */
function isLost({ reason = '' }: Termination): boolean {
  return reason === 'Unknown' || reason === 'ContainerStatusUnknown';
}
