import { keyOf, type KubeObject, type ObjectKey, type Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import { isAborted, type Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { ApiError, ApiUnreachable, hasCode } from './api-error.ts';
import type { KubeClient, List } from './client.ts';
import { ANSWER_MS } from './http.ts';
import type { Pulse } from './pulse.ts';
import { selectionOf, type Selection } from './selection.ts';
import { readEvents } from './watch-stream.ts';

/** All objects of a collection at one moment. */
export interface Listing<T extends KubeObject> {
  items: Stored<T>[];
  resourceVersion: string;
  /** Not before that moment, to the second: ms since the epoch, by the API server's clock. */
  servedAt: number;
}

export interface ListOptions<T extends KubeObject> extends Selection {
  kind: Kind;
  client: KubeClient;
  /** What is kept of an object: asked one by one, so that none is held whole for longer. */
  trim: (object: Stored<T>) => Stored<T>;
  /** Is told that the API server answers. */
  pulse: Pulse;
  clock: Clock;
  log: Log;
}

const PAGE_SIZE = 500;
/** Of a list by a watch: as long as the API server gives a request. */
const STREAM_SECONDS = 60;
/** See the Kubernetes API concepts, "Streaming lists". */
const END_OF_LIST = 'k8s.io/initial-events-end';
/** Who may not is not helped by asking in another way. */
const REFUSALS = [401, 403];

/**
 * Reads a collection. First as a watch that begins with all there is: object by object, so that neither
 * side builds a page of hundreds. Where that does not come to its end (API servers may have it switched
 * off, a cache that is not ready, an etcd too old for it, or more changes than they can bring along), in
 * pages.
 *
 * Throws as the client does.
 */
export async function list<T extends KubeObject>(
  options: ListOptions<T>,
  signal: AbortSignal,
): Promise<Listing<T>> {
  try {
    return await listByWatch(options, signal);
  } catch (error) {
    if (isAborted(signal) || !mayBePaged(error)) throw error;
    // One that has no such lists says so each time.
    if (!hasCode(error, 422)) {
      options.log.debug('the list did not stream; asks for pages', { error: messageOf(error) });
    }
    return listInPages(options, signal);
  }
}

function mayBePaged(error: unknown): boolean {
  if (error instanceof ApiError) return !REFUSALS.includes(error.code);
  return !(error instanceof ApiUnreachable);
}

async function listByWatch<T extends KubeObject>(
  { client, kind, trim, pulse, clock, ...options }: ListOptions<T>,
  signal: AbortSignal,
): Promise<Listing<T>> {
  const items = new Map<ObjectKey, Stored<T>>();
  const query = {
    watch: 'true',
    sendInitialEvents: 'true',
    allowWatchBookmarks: 'true',
    resourceVersionMatch: 'NotOlderThan',
    timeoutSeconds: String(STREAM_SECONDS),
    ...selectionOf(options),
  };
  const over = new AbortController();
  const waitForNext = (): (() => void) => {
    pulse.waits(ANSWER_MS);
    return clock.after(ANSWER_MS, () => {
      over.abort(new Error(`nothing came for ${ANSWER_MS / 1000} s`));
    });
  };
  let cancel = waitForNext();
  try {
    const askedAt = clock.uptime();
    const either = AbortSignal.any([signal, over.signal]);
    const { body, servedAt = clock.now() } = await client.stream(kind, query, either);
    for await (const event of readEvents<T>(body)) {
      if (event.type === 'ERROR') throw new ApiError(`list ${kind}`, event.code, event.status);
      pulse.alive();
      if (event.type === 'BOOKMARK') {
        const { resourceVersion, annotations } = event.object.metadata;
        if (annotations?.[END_OF_LIST] !== 'true') continue;
        // What came and went on the way is in neither the list nor the watch that follows.
        const readAt = servedAt + clock.uptime() - askedAt;
        return { items: [...items.values()], resourceVersion, servedAt: readAt };
      }
      cancel();
      cancel = waitForNext();
      const key = keyOf(event.object.metadata);
      if (event.type === 'DELETED') items.delete(key);
      else items.set(key, trim(event.object));
    }
    throw new Error('the list broke off');
  } finally {
    cancel();
    // It would go on as a watch.
    over.abort(new Error('the list is read'));
  }
}

async function listInPages<T extends KubeObject>(
  { client, kind, trim, pulse, clock, ...options }: ListOptions<T>,
  signal: AbortSignal,
): Promise<Listing<T>> {
  const items: Stored<T>[] = [];
  const selector = selectionOf(options);
  const read = async (from?: string): Promise<List<T>> => {
    const at = from === undefined ? {} : { continue: from };
    pulse.waits(ANSWER_MS);
    const page = await client.list<T>(kind, { ...selector, limit: PAGE_SIZE, ...at }, { signal });
    pulse.alive();
    for (const item of page.items) items.push(trim(item));
    return page;
  };
  let page = await read();
  // All pages show what there was when the first one was served; what came since, the watch tells.
  const servedAt = page.servedAt ?? clock.now();
  while (page.continue !== undefined) page = await read(page.continue);
  return { items, resourceVersion: page.resourceVersion, servedAt };
}
