import type { KubeObject, Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import { delay, isAborted, type Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { ApiError } from './api-error.ts';
import { atLeastMs, backoffMs, longestMs } from './backoff.ts';
import type { KubeClient } from './client.ts';
import { list } from './listing.ts';
import type { Pulse, WatchEnd } from './pulse.ts';
import { selectionOf, type Selection } from './selection.ts';
import { readEvents, type WatchEvent } from './watch-stream.ts';

/** Where the reflector puts what it learns. */
export interface Sink<T extends KubeObject> {
  /** What is kept of an object: asked one by one, so that none is held whole for longer. */
  trim(object: Stored<T>): Stored<T>;
  /**
   * All objects there are, trimmed, as of that version and time (ms since the epoch, by the API server's
   * clock). Objects known before that are not among them are gone.
   */
  replace(items: Stored<T>[], resourceVersion: string, servedAt: number): void;
  /** One change. A bookmark has no object: it only says how far the watch has come. */
  apply(event: WatchEvent<T>): void;
}

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  kind: Kind;
  client: KubeClient;
  sink: Sink<T>;
  /** Is told how it goes. */
  pulse: Pulse;
  clock: Clock;
  log: Log;
}

const BACKOFF = { firstMs: 500, limitMs: 30_000 };
/** Nothing that was due is later than this, however often it failed before. */
export const LONGEST_BACKOFF_MS = longestMs(BACKOFF);
/** A watch that brought nothing for less than this was never open. */
const SHORT_WATCH_MS = 1_000;
/** The API server ends a watch after a random time between this and twice this. */
const WATCH_SECONDS = 300;
/** Bookmarks come about every minute: a watch that is silent for longer is half-open. */
const SILENCE_MS = 100_000;

/**
 * Keeps a sink equal to a collection of the API server: a list, then a watch from where the list
 * ended, for as long as the watch can be resumed; a list again when it cannot (410 Gone).
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
  const { clock, log, pulse } = options;
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const from = resourceVersion;
    const startedAt = clock.uptime();
    try {
      resourceVersion ??= await relist(options, signal);
      const { reached, end } = await watch(options, resourceVersion, signal);
      resourceVersion = reached;
      // A server that goes down, or a proxy, may close each watch at once: that is no success.
      const brought = reached !== from || clock.uptime() - startedAt > SHORT_WATCH_MS;
      if (!brought) throw new ClosedAtOnce();
      pulse.ended(end);
      failures = 0;
    } catch (error) {
      // Aborting makes every open request fail; the loop's condition ends it.
      if (isAborted(signal)) break;
      const reason = reasonOf(error);
      pulse.ended(reason);
      // The event that it did not take comes again with a list.
      if (reason === 'fault' || reason === 'expired') resourceVersion = undefined;
      // Expired right after it was listed: list again, but not at once.
      if (reason === 'expired' && from !== undefined) continue;
      failures += 1;
      const waitMs = waitAfter(error, failures);
      pulse.failed();
      pulse.waits(waitMs);
      log.warn('cannot list or watch; will try again', {
        error: messageOf(error),
        waitMs: Math.round(waitMs),
      });
      await delay(clock, waitMs, signal);
    }
  }
  pulse.stopped();
}

/** In a function of its own: while the watch lasts, nobody holds what was listed but the sink. */
async function relist<T extends KubeObject>(
  options: ReflectorOptions<T>,
  signal: AbortSignal,
): Promise<string> {
  const { sink } = options;
  const trim = (object: Stored<T>): Stored<T> => sink.trim(object);
  const { items, resourceVersion, servedAt } = await list<T>({ ...options, trim }, signal);
  sink.replace(items, resourceVersion, servedAt);
  return resourceVersion;
}

/** Follows one watch until it ends, and says up to which resourceVersion it came. */
async function watch<T extends KubeObject>(
  options: ReflectorOptions<T>,
  from: string,
  signal: AbortSignal,
): Promise<{ reached: string; end: WatchEnd }> {
  const { client, kind, sink, pulse, clock } = options;
  let reached = from;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(Math.round(WATCH_SECONDS * (1 + Math.random()))),
    ...selectionOf(options),
    resourceVersion: from,
  };
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  const restart = (): (() => void) => {
    pulse.waits(SILENCE_MS);
    return clock.after(SILENCE_MS, () => {
      silence.abort();
    });
  };
  let cancel = restart();
  try {
    const { body } = await client.stream(kind, query, either);
    pulse.alive();
    for await (const event of readEvents<T>(body)) {
      cancel();
      cancel = restart();
      if (event.type === 'ERROR') throw new ApiError(`watch ${kind}`, event.code, event.status);
      pulse.alive();
      try {
        sink.apply(event);
      } catch (error) {
        throw new SinkFault(error);
      }
      reached = event.object.metadata.resourceVersion;
    }
    return { reached, end: 'closed' };
  } catch (thrown) {
    const error = silence.signal.aborted ? new Silence(SILENCE_MS) : thrown;
    const end = reasonOf(error);
    if (end === 'fault' || end === 'expired' || isAborted(signal)) throw error;
    // It was waited for long enough: go on at once, but nothing has shown that the server is there.
    if (end === 'silent') pulse.failed();
    // What was delivered before the cut counts: go on from there.
    else if (reached === from) throw error;
    return { reached, end };
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

class Silence extends Error {
  constructor(ms: number) {
    super(`the watch was silent for ${ms / 1000} s`);
  }
}

class ClosedAtOnce extends Error {
  constructor() {
    super('the watch was closed at once');
  }
}

function reasonOf(error: unknown): WatchEnd {
  if (error instanceof SinkFault) return 'fault';
  if (error instanceof Silence) return 'silent';
  if (error instanceof ClosedAtOnce) return 'closed';
  if (!(error instanceof ApiError)) return 'cut';
  return error.code === 410 || error.reason === 'Expired' ? 'expired' : 'refused';
}

/** How long to wait, in ms, after that many failures in a row, the last of which was this. */
function waitAfter(error: unknown, failures: number): number {
  const backoff = backoffMs(failures, BACKOFF);
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  return asked === undefined ? backoff : Math.max(backoff, atLeastMs(asked));
}
