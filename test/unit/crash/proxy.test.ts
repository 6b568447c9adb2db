import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { createGate, type Gate } from '../../crash/gate.ts';
import { openProxy, type Proxy } from '../../crash/proxy.ts';

let api: Server;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let agent: Agent;
let kills: number;
let gate: Gate;
let proxy: Proxy;

beforeEach(async () => {
  api = createServer((asked, response) => {
    serve(asked, response);
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  agent = new Agent();
  kills = 0;
  gate = createGate(() => {
    kills += 1;
    return Promise.resolve();
  });
  const headers = { authorization: 'Bearer admin' };
  const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}/prefix`;
  const authenticated = () => Promise.resolve({ dispatcher: agent, headers });
  proxy = await openProxy({ target: { server, authenticated }, gate });
});
afterEach(async () => {
  await proxy.close();
  await agent.destroy();
  api.closeAllConnections();
  api.close();
});

const PODS = '/api/v1/namespaces/default/pods';
const post = (life = gate.life) =>
  request(proxy.urlFor(life) + PODS, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'operator' },
    body: '{"metadata":{"name":"a"}}',
    dispatcher: agent,
  });

describe('the proxy', () => {
  test('hands requests on with its own credentials, and answers back as they are', async () => {
    const asked: object[] = [];
    serve = (incoming, response) => {
      void text(incoming).then((body) => {
        const { method, url, headers } = incoming;
        const { authorization, 'content-type': type, 'user-agent': agentName } = headers;
        asked.push({ method, url, authorization, type, agentName, body });
        response.writeHead(409, { 'content-type': 'application/json', warning: '299 - "x"' });
        response.end('{"kind":"Status"}');
      });
    };
    const answer = await post();
    expect(answer.statusCode).toBe(409);
    expect(answer.headers).toMatchObject({ warning: '299 - "x"' });
    expect(await answer.body.text()).toBe('{"kind":"Status"}');
    expect(asked).toEqual([
      {
        method: 'POST',
        url: `/prefix${PODS}`,
        authorization: 'Bearer admin',
        type: 'application/json',
        agentName: 'operator',
        body: '{"metadata":{"name":"a"}}',
      },
    ]);
    expect(gate.written.map(({ name }) => name)).toEqual(['a']);
  });

  test('streams a watch, and ends it when who watches leaves', async () => {
    const watches: ServerResponse[] = [];
    serve = (_, response) => {
      watches.push(response);
      response.writeHead(200);
      response.write('one\n');
    };
    const left = new AbortController();
    const answer = await request(`${proxy.urlFor(1)}${PODS}?watch=true`, {
      dispatcher: agent,
      signal: left.signal,
    });
    const lines = answer.body[Symbol.asyncIterator]();
    expect(String((await lines.next()).value)).toBe('one\n');
    const [watch] = watches;
    watch?.write('two\n');
    expect(String((await lines.next()).value)).toBe('two\n');
    left.abort();
    if (watch !== undefined) await once(watch, 'close');
    expect(watch?.destroyed).toBe(true);
  });

  test('breaks the connection of who was killed after its write', async () => {
    serve = (_, response) => response.end('{}');
    void gate.arm({ matches: ({ name }) => name === 'a', moment: 'after' });
    await expect(post()).rejects.toThrow('other side closed');
    expect(kills).toBe(1);
    expect(gate.written).toHaveLength(1);
  });

  test('hands nothing on for a life that is over, and everything for the next', async () => {
    let count = 0;
    serve = (_, response) => {
      count += 1;
      response.end('{}');
    };
    void gate.arm({ matches: () => true, moment: 'before' });
    await expect(post()).rejects.toThrow('other side closed');
    await expect(post(1)).rejects.toThrow('other side closed');
    expect(count).toBe(0);
    expect((await post()).statusCode).toBe(200);
  });

  test('breaks the connection where the API server does', async () => {
    serve = (_, response) => response.destroy();
    await expect(post()).rejects.toThrow('other side closed');
  });
});
