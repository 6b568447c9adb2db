import type { KubeObject, Stored } from '../api/object.ts';
import type { Status } from './api-error.ts';

/** A line of a watch; see the Kubernetes API concepts, "Efficient detection of changes". */
export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Stored<T> }
  | { type: 'BOOKMARK'; object: { metadata: BookmarkMeta } }
  | { type: 'ERROR'; code: number; status: Status };

/** Of a bookmark there is no more. */
interface BookmarkMeta {
  resourceVersion: string;
  annotations?: Record<string, string>;
}

const NEWLINE = 0x0a;

/** The events of a watch's body: one JSON document a line, cut anywhere by the network. */
export async function* readEvents<T extends KubeObject>(
  body: AsyncIterable<Buffer>,
): AsyncGenerator<WatchEvent<T>> {
  let rest: Buffer[] = [];
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      // Joined as bytes: a character may be cut in two.
      rest.push(chunk.subarray(start, end));
      const line = Buffer.concat(rest).toString('utf8');
      rest = [];
      start = end + 1;
      if (line !== '') yield parseEvent<T>(line);
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const event = JSON.parse(line) as { type: string; object: Status };
  if (event.type === 'ERROR') {
    return { type: 'ERROR', code: event.object.code ?? 500, status: event.object };
  }
  return event as unknown as WatchEvent<T>;
}
