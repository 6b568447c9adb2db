import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { labels } from '../../src/api/names.ts';
import { isDeleting, type KubeObject, type Stored } from '../../src/api/object.ts';
import {
  type ContainerState,
  containerStatuses,
  isReady,
  mountsClaim,
  type Pod,
} from '../../src/api/pod.ts';
import type { Cache } from '../../src/kube/cache.ts';
import type { Observer } from '../observer.ts';
import { linesWritten } from './ledger.ts';
import { type Cast, writerName } from './objects.ts';

/** The same object at two looks; `after` is absent when it is gone, `before` when it is new. */
export interface Step<T extends KubeObject> {
  readonly before: Stored<T> | undefined;
  readonly after: Stored<T> | undefined;
}

/** Tells everything of interest that the watches show, as it happens. */
export function chronicle(observer: Observer, cast: Cast, tell: (line: string) => void): void {
  const follow = <T extends KubeObject>(
    cache: Cache<T>,
    story: (step: Step<T>) => readonly string[],
  ): void => {
    const known = new Map<string, Stored<T>>();
    const take = (object: Stored<T>, isThere: boolean): void => {
      const { uid } = object.metadata;
      const before = known.get(uid);
      // The removal shows the object as it was last, which may be more than any change did.
      for (const line of story({ before, after: object })) tell(line);
      if (isThere) known.set(uid, object);
      else {
        known.delete(uid);
        for (const line of story({ before: object, after: undefined })) tell(line);
      }
    };
    for (const object of cache.values()) take(object, true);
    cache.onChange(({ type, object }) => {
      take(object, type === 'set');
    });
  };
  follow(observer.pods, (step) => podStory(step, cast));
  follow(observer.claims, claimStory);
  follow(observer.bindings, bindingStory);
}

/** What happened to a Pod: of the application, the backend, or a finalizer Job. Pure. */
export function podStory(step: Step<Pod>, { backendName, sidecarName }: Cast): readonly string[] {
  const some = step.after ?? step.before;
  const marks = some?.metadata.labels ?? {};
  if (marks.app === backendName) return backendStory(step);
  if (marks[labels.finalizerJobOf] !== undefined) return drainStory(step);
  if (marks[labels.fluentPVC] === undefined) return [];
  return appStory(step, sidecarName);
}

function appStory({ before, after }: Step<Pod>, sidecarName: string): readonly string[] {
  if (after === undefined) return [`Pod ${before?.metadata.name ?? ''} is gone`];
  const { name } = after.metadata;
  const lines: string[] = [];
  const claim = after.metadata.labels?.[labels.binding];
  if (before === undefined) {
    const mounted = claim !== undefined && mountsClaim(after, claim);
    lines.push(`Pod ${name} is created${mounted ? ` with PVC ${claim} and its sidecar` : ''}`);
  }
  if (!isRunning(before) && isRunning(after)) lines.push(`Pod ${name} is Running`);
  const end = lastEnd(after, sidecarName);
  // Once the Pod goes, the end of its sidecar is no news.
  if (end !== undefined && !isDeleting(after) && !sameEnd(end, lastEnd(before, sidecarName))) {
    lines.push(`sidecar of ${name} exited with ${end.exitCode}`);
  }
  if (isDeleting(after) && (before === undefined || !isDeleting(before))) {
    lines.push(`Pod ${name} is being deleted${evictionOf(after)}`);
  }
  if (lastEnd(after, writerName) !== undefined && lastEnd(before, writerName) === undefined) {
    const count = linesWritten(after);
    lines.push(`writer of ${name} ended, ${count === undefined ? 'speechless' : `${count} lines`}`);
  }
  return lines;
}

function backendStory({ before, after }: Step<Pod>): readonly string[] {
  if (after === undefined) return ['backend is gone'];
  return isReady(after) && !(before !== undefined && isReady(before)) ? ['backend is Ready'] : [];
}

function drainStory({ before, after }: Step<Pod>): readonly string[] {
  if (after === undefined || before === undefined) return [];
  const job = after.metadata.labels?.[labels.finalizerJobOf] ?? '';
  // How it prepares itself, and what runs beside it, is not its word.
  return (after.status?.containerStatuses ?? []).flatMap(({ name }) => {
    const end = lastEnd(after, name);
    if (end === undefined || lastEnd(before, name) !== undefined) return [];
    const said = end.message === undefined ? '' : `: ${end.message.trim()}`;
    return [`finalizer Job ${job} exited with ${end.exitCode}${said}`];
  });
}

/** What happened to a claim of ours. Pure. */
export function claimStory({ before, after }: Step<Claim>): readonly string[] {
  const { metadata } = after ?? before ?? {};
  if (metadata?.labels?.[labels.binding] === undefined) return [];
  const name = `PVC ${metadata.name}`;
  if (after === undefined) return [`${name} is gone`];
  const phase = after.status?.phase;
  return [
    ...(phase === before?.status?.phase || phase === undefined ? [] : [`${name} is ${phase}`]),
    ...(isDeleting(after) && (before === undefined || !isDeleting(before))
      ? [`${name} is being deleted`]
      : []),
  ];
}

/** What happened to a binding. Pure. */
export function bindingStory({ before, after }: Step<Binding>): readonly string[] {
  if (after === undefined) return [`binding ${before?.metadata.name ?? ''} is gone`];
  const { phase, attempts, nextAttemptTime } = after.status ?? {};
  if (phase === undefined || phase === before?.status?.phase) return [];
  const again =
    phase === 'FinalizerJobFailed' && nextAttemptTime !== undefined
      ? ` (attempt ${attempts ?? 1}; the next one at ${nextAttemptTime})`
      : '';
  return [`binding ${after.metadata.name} is ${phase}${again}`];
}

type Termination = NonNullable<ContainerState['terminated']>;

/** How the container ended the last time it did. */
function lastEnd(pod: Pod | undefined, container: string): Termination | undefined {
  const status =
    pod === undefined ? undefined : containerStatuses(pod).find(({ name }) => name === container);
  return status?.state?.terminated ?? status?.lastState?.terminated;
}

function sameEnd(a: Termination, b: Termination | undefined): boolean {
  return b !== undefined && a.finishedAt === b.finishedAt && a.exitCode === b.exitCode;
}

/** Whoever evicts a Pod is seen in its status; who deletes it is not. */
function evictionOf(pod: Pod): string {
  const disruption = (pod.status?.conditions ?? []).find(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  );
  return disruption === undefined ? '' : ` (${disruption.reason ?? 'evicted'})`;
}

function isRunning(pod: Pod | undefined): boolean {
  return pod?.status?.phase === 'Running';
}
