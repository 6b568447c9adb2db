import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Metrics } from '../../../src/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { makeCertificate } from '../../../webhook/certificate.ts';
import { createServer, type Routes } from '../../../webhook/server.ts';
import {
  deny,
  type AdmissionHandler,
  type AdmissionReview,
  type AnswerTime,
} from '../../../webhook/review.ts';
import { make } from '../../support/make.ts';
import { memoryLog, type MemoryLog } from '../../support/memory-log.ts';
import { admissionRequest, patchIn, reviewBody } from '../../support/review.ts';

let server: FastifyInstance;
let log: MemoryLog;
let handler: AdmissionHandler;
const observed: Parameters<Metrics['answered']>[0][] = [];
const allow: AdmissionHandler = () => Promise.resolve({ allowed: true });
const ROUTES = ['/pod/mutate', '/fluent-pvc/validate'] as const satisfies (keyof Routes)[];

beforeAll(async () => {
  log = memoryLog();
  handler = allow;
  server = createServer({
    certificate: await makeCertificate(['localhost'], new Date()),
    routes: {
      '/pod/mutate': (request, signal) => handler(request, signal),
      '/fluent-pvc/validate': (request, signal) => handler(request, signal),
    },
    observe: (answer) => observed.push(answer),
    log,
  });
});
afterAll(() => server.close());

async function listening(): Promise<AddressInfo> {
  if (!server.server.listening) await server.listen({ host: '127.0.0.1', port: 0 });
  return server.server.address() as AddressInfo;
}

async function post(
  payload: string | Buffer,
  options: { url?: string; headers?: Record<string, string>; handle?: AdmissionHandler } = {},
): Promise<AdmissionReview> {
  const { url = '/pod/mutate', headers, handle = allow } = options;
  handler = handle;
  observed.length = 0;
  log.lines.length = 0;
  const answer = await server.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toContain('application/json');
  return answer.json();
}
const body = reviewBody(admissionRequest(make.newPod()));

test.each(ROUTES)('%s answers with the uid of the request', async (url) => {
  const operations = [{ op: 'add', path: '/a', value: 1 }] as const;
  const handle: AdmissionHandler = (request) => {
    expect(request.object).toEqual(make.newPod());
    return Promise.resolve({ allowed: true, operations });
  };
  const review = await post(body, { url, handle });
  expect(review).toMatchObject({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'request-uid', allowed: true },
  });
  expect(patchIn(review)).toEqual(operations);
  expect(observed).toEqual([
    { route: url, seconds: expect.any(Number), allowed: true, reason: '' },
  ]);
});

test('who closes the connection before the answer ends the time for it', async () => {
  const asked = Promise.withResolvers<AnswerTime>();
  handler = async (_request, time) => {
    asked.resolve(time);
    await once(time.signal, 'abort');
    return { allowed: true };
  };
  const { port } = await listening();
  const client = request({
    method: 'POST',
    port,
    path: '/pod/mutate?timeout=30s',
    rejectUnauthorized: false,
  });
  client.on('error', () => undefined);
  client.end(body);
  const time = await asked.promise;
  expect([time.signal.aborted, time.gone.aborted]).toEqual([false, false]);
  client.destroy();
  await once(time.gone, 'abort');
  expect(time.signal.aborted).toBe(true);
});

test('who has the answer has not gone', async () => {
  let time: AnswerTime | undefined;
  handler = (_request, given) => {
    time = given;
    return Promise.resolve({ allowed: true });
  };
  const { port } = await listening();
  const agent = new Agent({ rejectUnauthorized: false });
  const client = request({ method: 'POST', port, path: '/pod/mutate', agent });
  client.end(body);
  const [answer] = (await once(client, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'close');
  agent.destroy();
  expect(time?.gone.aborted).toBe(false);
});

describe('a connection that waits for a request is closed by who opened it', () => {
  /** How long API servers keep one: Go's `http.DefaultTransport`. */
  const THEIRS_MS = 90_000;

  test('after an answer', async () => {
    handler = allow;
    const { port } = await listening();
    const accepted = once(server.server, 'secureConnection');
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    const client = request({ method: 'POST', port, path: '/pod/mutate', agent });
    client.end(body);
    const [answer] = (await once(client, 'response')) as [IncomingMessage];
    answer.resume();
    const [ours] = (await accepted) as [TLSSocket];
    const keptMs = await eventually('the answer to be behind it', () => {
      const { timeout = 0 } = ours;
      return timeout > 0 && timeout;
    });
    agent.destroy();
    expect(keptMs).toBeGreaterThan(THEIRS_MS);
  });
  test('before its first one', () => {
    const { headersTimeout, requestTimeout } = server.server;
    expect(Math.min(headersTimeout, requestTimeout)).toBeGreaterThan(THEIRS_MS);
  });
});

test('closes as soon as the answers under way are given, and they are given', async () => {
  const asked = Promise.withResolvers<undefined>();
  const goOn = Promise.withResolvers<undefined>();
  const own = createServer({
    certificate: await makeCertificate(['localhost'], new Date()),
    routes: {
      '/pod/mutate': async () => {
        asked.resolve(undefined);
        await goOn.promise;
        return { allowed: true };
      },
      '/fluent-pvc/validate': allow,
    },
    observe: () => undefined,
    log: memoryLog(),
  });
  await own.listen({ host: '127.0.0.1', port: 0 });
  const { port } = own.server.address() as AddressInfo;
  // As API servers do: connections are kept for the next request, and some are opened for none.
  const open = async (): Promise<TLSSocket> => {
    const socket = connect({ port, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  const [used, unused] = [await open(), await open()];
  const head = [
    'POST /pod/mutate HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  used.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  await asked.promise;
  const closed = own.close();
  goOn.resolve(undefined);
  const [answer] = (await once(used, 'data')) as [Buffer];
  expect(answer.toString()).toContain('200 OK');
  await closed;
  used.destroy();
  unused.destroy();
});

test('a denial is counted by its reason', async () => {
  const handle = (): ReturnType<AdmissionHandler> =>
    Promise.resolve(deny('MountPathTaken', 422, 'no'));
  expect((await post(body, { handle })).response).toMatchObject({
    allowed: false,
    status: { reason: 'MountPathTaken', code: 422, message: 'no' },
  });
  expect(observed).toMatchObject([{ allowed: false, reason: 'MountPathTaken' }]);
});

describe('whatever comes, the answer is a denial with the uid', () => {
  interface Case {
    payload: string | Buffer;
    headers?: Record<string, string>;
    handle?: AdmissionHandler;
    uid: string;
    reason: string;
  }
  const long = reviewBody(admissionRequest(make.newPod()), {
    padding: 'x'.repeat(9 * 1024 * 1024),
  });
  const cases: Record<string, Case> = {
    'an empty body': { payload: '', uid: '', reason: 'AdmissionReviewInvalid' },
    'a body that is cut off': {
      payload: body.slice(0, -30),
      uid: 'request-uid',
      reason: 'AdmissionReviewInvalid',
    },
    'a body over the limit': {
      payload: long,
      uid: 'request-uid',
      reason: 'AdmissionReviewInvalid',
    },
    'a handler that throws': {
      payload: body,
      handle: () => {
        throw new TypeError('a bug');
      },
      uid: 'request-uid',
      reason: 'Internal',
    },
    'a handler that rejects': {
      payload: body,
      handle: () => Promise.reject(new Error('a bug')),
      uid: 'request-uid',
      reason: 'Internal',
    },
    'a handler that throws what is no Error': {
      payload: body,
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- on purpose
      handle: () => Promise.reject('a bug'),
      uid: 'request-uid',
      reason: 'Internal',
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { payload, uid, reason, ...options }) => {
    const { response } = await post(payload, options);
    expect(response).toMatchObject({ uid, allowed: false, status: { reason } });
    expect(response.status?.message).not.toBe('');
  });
  test('and a body over the limit is said to be too long, not to be no JSON', async () => {
    expect((await post(long)).response.status?.message).toMatch(/larger|limit|long/);
  });
  test('and a fault of ours is logged once, with its stack', async () => {
    await post(body, { handle: () => Promise.reject(new Error('a bug')) });
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        fields: {
          requestUid: 'request-uid',
          error: 'a bug',
          stack: expect.stringContaining('server.test.ts') as unknown,
        },
      },
    ]);
  });
});

test.each(['text/plain', 'application/xml', 'nonsense'])(
  'content type %s is no matter',
  async (type) => {
    const { response } = await post(body, { headers: { 'content-type': type } });
    expect(response).toMatchObject({ uid: 'request-uid', allowed: true });
  },
);

describe('the time of a request', () => {
  const cases: Record<string, { query: string; ms: number }> = {
    'is part of what the API server waits: the rest is for an undo': {
      query: '?timeout=10s',
      ms: 6_000,
    },
    'is longer where it waits longer': { query: '?timeout=30s', ms: 18_000 },
    'is shorter where that is short': { query: '?timeout=1s', ms: 600 },
    'is the default without a query': { query: '', ms: 6_000 },
    'is the default for nonsense': { query: '?timeout=soon', ms: 6_000 },
    'is the default for none': { query: '?timeout=0s', ms: 6_000 },
  };
  test.each(Object.entries(cases))('%s', async (_, { query, ms }) => {
    const timeout = jest.spyOn(globalThis, 'setTimeout');
    await post(body, { url: `/pod/mutate${query}` });
    expect(timeout).toHaveBeenCalledWith(expect.any(Function), ms);
    timeout.mockRestore();
  });
});
