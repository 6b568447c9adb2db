import { keyOf, type KubeObject, type ObjectKey, type Stored } from '../api/object.ts';
import type { Kind } from '../api/resources.ts';
import type { Clock } from '../clock.ts';
import { ApiError } from './api-error.ts';
import type { KubeClient, List } from './client.ts';
import { ANSWER_MS } from './http.ts';
import type { Pulse } from './pulse.ts';
import { selectionOf, type Selection } from './selection.ts';
import { readEvents } from './watch-stream.ts';

/** All objects of a collection at one moment. */
export interface Listing<T extends KubeObject> {
  items: Stored<T>[];
  resourceVersion: string;
  /** At or before that moment: ms since the epoch, by the API server's clock. */
  servedAt: number;
}

export interface ListerOptions<T extends KubeObject> extends Selection {
  kind: Kind;
  client: KubeClient;
  /** What is kept of an object: asked one by one, so that none is held whole for longer. */
  trim: (object: Stored<T>) => Stored<T>;
  /** Is told that the API server answers. */
  pulse: Pulse;
  clock: Clock;
}

const PAGE_SIZE = 500;

/** See the Kubernetes API concepts, "Streaming lists". */
const END_OF_LIST = 'k8s.io/initial-events-end';
/** What an API server answers that has no such lists, or has them switched off. */
const UNSUPPORTED = [400, 405, 422];

/**
 * Reads collections as the API server offers it: object by object over a watch, where nobody, the API
 * server included, has to hold more than one of them whole; in pages where it refuses that.
 *
 * @returns reads one; throws as the client does
 */
export function createLister<T extends KubeObject>(
  options: ListerOptions<T>,
): (signal: AbortSignal) => Promise<Listing<T>> {
  let streams = true;
  return async (signal) => {
    if (streams) {
      try {
        return await listByWatch(options, signal);
      } catch (error) {
        if (!isUnsupported(error)) throw error;
        streams = false;
      }
    }
    return listInPages(options, signal);
  };
}

function isUnsupported(error: unknown): boolean {
  return (
    error instanceof ApiError && UNSUPPORTED.includes(error.code) && error.reason !== 'Expired'
  );
}

async function listByWatch<T extends KubeObject>(
  { client, kind, trim, pulse, clock, ...options }: ListerOptions<T>,
  signal: AbortSignal,
): Promise<Listing<T>> {
  const items = new Map<ObjectKey, Stored<T>>();
  const query = {
    watch: 'true',
    sendInitialEvents: 'true',
    allowWatchBookmarks: 'true',
    resourceVersionMatch: 'NotOlderThan',
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
    const either = AbortSignal.any([signal, over.signal]);
    const { body, servedAt = clock.now() } = await client.stream(kind, query, either);
    for await (const event of readEvents<T>(body)) {
      cancel();
      cancel = waitForNext();
      if (event.type === 'ERROR') throw new ApiError(`list ${kind}`, event.code, event.status);
      pulse.alive();
      const { metadata } = event.object;
      if (event.type === 'BOOKMARK') {
        if (metadata.annotations?.[END_OF_LIST] !== 'true') continue;
        const { resourceVersion } = metadata;
        return { items: [...items.values()], resourceVersion, servedAt };
      }
      // Changes since the list began come along.
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
  { client, kind, trim, pulse, clock, ...options }: ListerOptions<T>,
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
