import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { createCache, type Cache } from '../../src/kube/cache.ts';
import { hastyClock } from './hasty-clock.ts';
import { httpStub, type HttpStub } from './http-stub.ts';
import { make } from './make.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';

/** Answers one request. */
export type Step = (response: ServerResponse) => void;

/** A cache of Pods that follows a real HTTP server. */
export interface Followed {
  cache: Cache<Pod>;
  stub: HttpStub;
  log: MemoryLog;
  /** What the watchers were told: `set a 1`. */
  told: string[];
  /** What was asked: `list`, `list continue=x`, `watch 10`. */
  readonly asked: string[];
  close(): Promise<void>;
}

export const pod = (name: string, resourceVersion: string): Stored<Pod> =>
  make.pod({ metadata: { name, resourceVersion, uid: `${name}-uid`, annotations: { a: 'ü🪣' } } });

/** A page of a list. */
export const page =
  (items: Stored<Pod>[] | null, resourceVersion: string, next = ''): Step =>
  (response) => {
    const metadata = { resourceVersion, continue: next };
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'PodList', metadata, items }));
  };

export const line = (type: string, object: object): string =>
  `${JSON.stringify({ type, object })}\n`;

/** A watch that sends that, and then does what comes last: nothing, where it stays open. */
export const watch =
  (parts: (string | Buffer)[], last: Step = () => undefined): Step =>
  (response) => {
    response.flushHeaders();
    for (const part of parts) response.write(part);
    // What was written is on its way before the connection is cut.
    setTimeout(last, 20, response);
  };

/** A refusal, in JSON or in whatever a proxy has to say. */
export const refuse =
  (code: number, body: object | string = {}, headers: Record<string, string> = {}): Step =>
  (response) => {
    response.writeHead(code, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export const cut: Step = (response) => {
  response.destroy();
};
export const end: Step = (response) => {
  response.end();
};

/**
 * Follows a server that answers one request after the other like that, the last ones all alike; one that
 * has no lists by a watch, which are not counted.
 */
export async function followed(...steps: [Step, ...Step[]]): Promise<Followed> {
  const stub = await httpStub();
  const rest = [...steps];
  stub.answer = (response) => {
    if (isStreamedList(stub.asked.at(-1)?.request)) {
      refuse(422)(response);
      return;
    }
    const step = rest.length > 1 ? rest.shift() : rest[0];
    step?.(response);
  };
  const log = memoryLog();
  const cache = createCache<Pod>({
    kind: 'Pod',
    trim: (object) => object,
    client: stub.client,
    clock: hastyClock,
    log,
  });
  const told: string[] = [];
  cache.onChange(({ type, object: { metadata } }) => {
    told.push(`${type} ${metadata.name} ${metadata.resourceVersion}`);
  });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const done = cache.start(stop.signal);
  return {
    cache,
    stub,
    log,
    told,
    get asked() {
      const counted = stub.asked.filter(({ request }) => !isStreamedList(request));
      return counted.map(({ request }) => {
        const query = new URL(request.replace('GET ', 'http://stub')).searchParams;
        if (query.has('watch')) return `watch ${query.get('resourceVersion') ?? ''}`;
        const from = query.get('continue');
        return from === null ? 'list' : `list continue=${from}`;
      });
    },
    async close() {
      stop.abort();
      await done;
      await stub.close();
    },
  };
}

function isStreamedList(request = ''): boolean {
  return request.includes('sendInitialEvents=true');
}
