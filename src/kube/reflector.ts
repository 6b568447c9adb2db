import type { KubeObject, Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import { delay, isAborted, type Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { ApiError } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { readEvents, type WatchEvent } from './watch-stream.ts';

/** Where the reflector puts what it learns. */
export interface Sink<T extends KubeObject> {
  /**
   * All objects there are, as of that version and time (ms since the epoch, by the API server's
   * clock). Objects known before that are not among them are gone.
   */
  replace(items: Stored<T>[], resourceVersion: string, servedAt: number): void;
  /** One change. A bookmark has no object: it only says how far the watch has come. */
  apply(event: WatchEvent<T>): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  kind: Kind;
  labelSelector?: string;
  client: KubeClient;
  sink: Sink<T>;
  clock: Clock;
  log: Log;
}

const PAGE_SIZE = 500;
const BACKOFF = { firstMs: 500, limitMs: 30_000 };
/** A watch that brought nothing for less than this was never open. */
const SHORT_WATCH_MS = 1_000;
/** The API server ends a watch after a random time between this and twice this. */
const WATCH_SECONDS = 300;
/** Bookmarks come about every minute: a watch that is silent for longer is half-open. */
const SILENCE_MS = 100_000;

/**
 * Keeps a sink equal to a collection of the API server: a paged list, then a watch from where the
 * list ended, for as long as the watch can be resumed; a list again when it cannot (410 Gone).
 *
 *     list ──> watch ──> (closed, silent, cut) ──> watch from the last resourceVersion
 *      ^                                            │
 *      └───────────── 410 Gone, expired ────────────┘
 *
 * Failures are waited out with backoff; none ends the reflector. It runs until the signal aborts.
 */
export async function reflect<T extends KubeObject>(
  options: ReflectorOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const from = resourceVersion;
    const startedAt = clock.now();
    try {
      resourceVersion ??= await list(options, signal);
      resourceVersion = await watch(options, resourceVersion, signal);
      // A server that goes down, or a proxy, may close each watch at once: that is no success.
      const brought = resourceVersion !== from || clock.now() - startedAt > SHORT_WATCH_MS;
      if (!brought) throw new Error('the watch was closed at once');
      failures = 0;
    } catch (error) {
      // Aborting makes every open request fail; the loop's condition ends it.
      if (isAborted(signal)) return;
      // The event that it did not take comes again with a list.
      if (error instanceof SinkFault) resourceVersion = undefined;
      if (isExpired(error)) {
        resourceVersion = undefined;
        // Expired right after it was listed: list again, but not at once.
        if (from !== undefined) continue;
      }
      failures += 1;
      const waitMs =
        (error instanceof ApiError ? error.retryAfterMs : undefined) ??
        backoffMs(failures, BACKOFF);
      log.warn('cannot list or watch; will try again', {
        error: messageOf(error),
        waitMs: Math.round(waitMs),
      });
      await delay(clock, waitMs, signal);
    }
  }
}

async function list<T extends KubeObject>(
  { client, kind, labelSelector, sink, clock }: ReflectorOptions<T>,
  signal: AbortSignal,
): Promise<string> {
  const items: Stored<T>[] = [];
  const selector = labelSelector === undefined ? {} : { labelSelector };
  let page = await client.list<T>(kind, { ...selector, limit: PAGE_SIZE }, { signal });
  // All pages show what there was when the first one was served; what came since, the watch tells.
  const servedAt = page.servedAt ?? clock.now();
  items.push(...page.items);
  while (page.continue !== undefined) {
    const next = { ...selector, limit: PAGE_SIZE, continue: page.continue };
    page = await client.list<T>(kind, next, { signal });
    items.push(...page.items);
  }
  sink.replace(items, page.resourceVersion, servedAt);
  return page.resourceVersion;
}

/** Follows one watch until the server closes it; returns the resourceVersion to resume from. */
async function watch<T extends KubeObject>(
  { client, kind, labelSelector, sink, clock }: ReflectorOptions<T>,
  from: string,
  signal: AbortSignal,
): Promise<string> {
  let resourceVersion = from;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(Math.round(WATCH_SECONDS * (1 + Math.random()))),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    resourceVersion,
  };
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  const restart = (): (() => void) =>
    clock.after(SILENCE_MS, () => {
      silence.abort(new Error(`the watch was silent for ${SILENCE_MS / 1000} s`));
    });
  let cancel = restart();
  try {
    const stream = await client.stream(kind, query, either);
    for await (const event of readEvents<T>(stream)) {
      cancel();
      cancel = restart();
      if (event.type === 'ERROR') throw new ApiError(`watch ${kind}`, event.code, event.status);
      try {
        sink.apply(event);
      } catch (error) {
        throw new SinkFault(error);
      }
      resourceVersion = event.object.metadata.resourceVersion;
    }
    return resourceVersion;
  } catch (error) {
    // What was delivered before the cut counts: go on from there.
    const lost = error instanceof SinkFault || isExpired(error) || isAborted(signal);
    if (lost || resourceVersion === from) throw error;
    return resourceVersion;
  } finally {
    cancel();
  }
}

/** The sink did not take an event: a fault of ours, which must not cost the event. */
class SinkFault extends Error {
  constructor(cause: unknown) {
    super('an event was not taken', { cause });
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired');
}
