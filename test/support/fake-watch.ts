import type { KubeObject, Stored } from '../../src/api/object.ts';
import { ApiError } from '../../src/kube/api-error.ts';
import type { KubeClient, List, ListOptions } from '../../src/kube/client.ts';

/** A watch that is open: what the test sends, the reflector reads. */
export interface OpenWatch {
  query: Record<string, string>;
  signal: AbortSignal;
  send(type: string, object: object): void;
  close(): void;
  cut(error: Error): void;
}

/** Answers lists and watches as the test says, and keeps what was asked. */
export interface FakeWatchClient<T extends KubeObject> {
  client: KubeClient;
  lists: ListOptions[];
  watches: OpenWatch[];
  /** The watch that was opened last. */
  readonly watch: OpenWatch;
  onList: (options: ListOptions) => List<T>;
  /** Where absent, lists by a watch are refused, as by API servers that have none. */
  onStreamedList?: (watch: OpenWatch) => void;
  /** The time at the API server when it answers one. */
  servedAt?: number;
  /** Throws to refuse a watch. */
  onWatch: (watch: OpenWatch) => void;
}

export function fakeWatchClient<T extends KubeObject>(
  items: Stored<T>[] = [],
  resourceVersion = '10',
): FakeWatchClient<T> {
  const fake: FakeWatchClient<T> = {
    lists: [],
    watches: [],
    onList: () => ({ items, resourceVersion }),
    onWatch: () => undefined,
    get watch() {
      const last = fake.watches.at(-1);
      if (last === undefined) throw new Error('no watch was opened');
      return last;
    },
    client: {
      list: async (_kind: string, options: ListOptions) => {
        await Promise.resolve();
        fake.lists.push(options);
        return fake.onList(options);
      },
      stream: async (_kind: string, query: Record<string, string>, signal: AbortSignal) => {
        await Promise.resolve();
        const { watch, body } = openWatch(query, signal);
        if ('sendInitialEvents' in query) {
          if (fake.onStreamedList === undefined) throw new ApiError('list', 422, {});
          fake.onStreamedList(watch);
          return fake.servedAt === undefined ? { body } : { body, servedAt: fake.servedAt };
        }
        fake.watches.push(watch);
        fake.onWatch(watch);
        return { body };
      },
    } as unknown as KubeClient,
  };
  return fake;
}

function openWatch(
  query: Record<string, string>,
  signal: AbortSignal,
): { watch: OpenWatch; body: AsyncIterable<Buffer> } {
  const chunks: (Buffer | Error | 'end')[] = [];
  let wake = (): void => undefined;
  const push = (chunk: Buffer | Error | 'end'): void => {
    chunks.push(chunk);
    wake();
  };
  signal.addEventListener('abort', () => {
    push(signal.reason as Error);
  });
  const body = async function* (): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
      } else if (chunk === 'end') return;
      else if (Buffer.isBuffer(chunk)) yield chunk;
      else throw chunk;
    }
  };
  const watch: OpenWatch = {
    query,
    signal,
    send: (type, object) => {
      push(Buffer.from(`${JSON.stringify({ type, object })}\n`));
    },
    close: () => {
      push('end');
    },
    cut: push,
  };
  return { watch, body: body() };
}
