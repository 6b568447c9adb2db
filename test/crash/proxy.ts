import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { request as ask, type Dispatcher } from 'undici';
import type { Connection } from '../../src/kube/connection.ts';
import { readWrite } from './api-write.ts';
import type { Gate } from './gate.ts';

/** What stands between operator and API server. */
export interface Proxy {
  /** Where the operator of that life finds the API server, without credentials. */
  urlFor(life: number): string;
  close(): Promise<void>;
}

/** They belong to one connection, and undici makes its own. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];

/**
 * Hands every request on to the API server, with the credentials of `target`: writes through the
 * gate, everything else as a stream, so that a watch is one here, too. Who asks for a life that is
 * over, or does not pass the gate, gets no answer.
 */
export async function openProxy({
  target,
  gate,
}: {
  target: Pick<Connection, 'server' | 'authenticated'>;
  gate: Pick<Gate, 'life' | 'through'>;
}): Promise<Proxy> {
  const serve = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, number, path = ''] = /^\/(\d+)(\/.*)$/.exec(asked.url ?? '') ?? [];
    const life = Number(number);
    const { method = '' } = asked;
    const body = await buffer(asked);
    if (life !== gate.life) {
      response.destroy();
      return;
    }
    const left = new AbortController();
    response.once('close', () => {
      left.abort();
    });
    const forward = async (signal?: AbortSignal): Promise<Dispatcher.ResponseData> => {
      const { dispatcher, headers } = await target.authenticated();
      return ask(target.server + path, {
        dispatcher,
        method,
        headers: { ...endToEnd(asked.headers), ...headers },
        body: body.length === 0 ? null : body,
        signal: signal ?? null,
      });
    };
    const write = readWrite(method, path, body.toString());
    if (write === undefined) {
      const { statusCode, headers, body: stream } = await forward(left.signal);
      response.writeHead(statusCode, endToEnd(headers));
      response.flushHeaders();
      await pipeline(stream, response);
      return;
    }
    // Not given up with who asked: it is stored or not, and the gate knows which.
    const answer = await gate.through(life, write, async () => {
      const { statusCode, headers, body: stream } = await forward();
      return { statusCode, headers, content: Buffer.from(await stream.arrayBuffer()) };
    });
    if (answer === undefined) {
      response.destroy();
      return;
    }
    response.writeHead(answer.statusCode, endToEnd(answer.headers));
    response.end(answer.content);
  };

  const server = createServer((asked, response) => {
    // Whatever went wrong: to the operator it is a connection that broke.
    serve(asked, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    urlFor: (life) => `http://127.0.0.1:${port}/${life}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && !HOP_BY_HOP.includes(entry[0]),
    ),
  );
}
