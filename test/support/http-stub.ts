import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { createClient, type KubeClient } from '../../src/kube/client.ts';
import type { Metrics } from '../../src/metrics.ts';

export interface Asked {
  request: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** A server of HTTP that answers as the test says, and a client that talks to it. */
export interface HttpStub {
  client: KubeClient;
  asked: Asked[];
  /** What was told of requests, for metrics. */
  requested: Parameters<Metrics['requested']>[0][];
  /** How often the credentials were found to be old. */
  renewals: number;
  answer: (response: ServerResponse) => void;
  /** Answers JSON from now on. */
  json(code: number, body: object, headers?: Record<string, string>): void;
  close(): Promise<void>;
}

/** The API is below `/prefix`, as behind a proxy. */
export async function httpStub(): Promise<HttpStub> {
  const dispatcher = new Agent();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      stub.asked.push({ request: `${method} ${url}`, headers, body });
      stub.answer(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = {
    server: `http://127.0.0.1:${port}/prefix`,
    authenticated: () =>
      Promise.resolve({ dispatcher, headers: { authorization: 'Bearer token' } }),
    renew: () => {
      stub.renewals += 1;
    },
    close: () => dispatcher.destroy(),
  };
  const stub: HttpStub = {
    client: createClient(connection, 'operator/1', (one) => stub.requested.push(one)),
    asked: [],
    requested: [],
    renewals: 0,
    answer: (response) => response.end('{}'),
    json(code, body, headers = {}) {
      stub.answer = (response) => {
        response.writeHead(code, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(body));
      };
    },
    async close() {
      await dispatcher.destroy();
      server.close();
    },
  };
  return stub;
}
