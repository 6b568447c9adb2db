import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';

/*
 * An API server that knows one FluentPVC, stores nothing, and says yes to all that is created: what a
 * webhook costs by itself is measured against it. It is a program of its own, so that its CPU time is
 * not the webhook's. /asked says what it was asked for since that was asked last.
 */

/** What a webhook asked for. */
export interface Asked {
  creates: number;
  /** Reads; a watch that is opened is none. */
  reads: number;
  /** The most creates that were under way at the same time. */
  createsAtOnce: number;
}

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, known: { type: 'string', default: '' } },
});
/** The lists that are not empty, by plural. */
const known = JSON.parse(readFileSync(values.known, 'utf8')) as Record<string, object>;
const EMPTY = { apiVersion: 'v1', kind: 'List', items: [] };

let asked: Asked = { creates: 0, reads: 0, createsAtOnce: 0 };
let underWay = 0;

function answer(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(body);
}

/** Answers after the other requests that are there already, so that these are seen to be side by side. */
function created(request: IncomingMessage, response: ServerResponse): void {
  asked.creates += 1;
  underWay += 1;
  asked.createsAtOnce = Math.max(asked.createsAtOnce, underWay);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    setImmediate(() => {
      underWay -= 1;
      answer(response, 201, Buffer.concat(chunks).toString());
    });
  });
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
  if (pathname === '/asked') {
    answer(response, 200, JSON.stringify(asked));
    asked = { creates: 0, reads: 0, createsAtOnce: 0 };
  } else if (pathname === '/version') {
    answer(response, 200, JSON.stringify({ gitVersion: 'v1.36.0' }));
  } else if (request.method === 'POST') {
    created(request, response);
  } else if (searchParams.has('sendInitialEvents')) {
    // As an API server that has no lists by a watch.
    answer(response, 422, JSON.stringify({ kind: 'Status', code: 422, reason: 'Invalid' }));
  } else if (searchParams.has('watch')) {
    // Open, and silent.
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  } else {
    asked.reads += 1;
    const plural = pathname.split('/').at(-1) ?? '';
    const list = { ...(known[plural] ?? EMPTY), metadata: { resourceVersion: '1' } };
    answer(response, 200, JSON.stringify(list));
  }
});
server.keepAliveTimeout = 120_000;
server.listen(Number(values.port), '127.0.0.1');
