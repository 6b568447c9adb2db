import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/kube/connection.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'connection-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, content: string | object): void => {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, name), text);
};
const kubeconfig = (user: object, change: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'it',
  contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
  clusters: [{ name: 'it', cluster: { server: 'https://127.0.0.1:6443/' } }],
  users: [{ name: 'me', user }],
  ...change,
});
async function setup(user: object) {
  write('kubeconfig', kubeconfig(user));
  const clock = new FakeClock();
  const connection = await connect({ kubeconfig: join(folder, 'kubeconfig'), clock });
  return { clock, connection };
}

test('a client certificate that is replaced on disk is used within a minute', async () => {
  write('tls.crt', 'old');
  write('tls.key', 'old');
  const user = {
    'client-certificate': join(folder, 'tls.crt'),
    'client-key': join(folder, 'tls.key'),
  };
  const { clock, connection } = await setup(user);
  const { dispatcher } = await connection.authenticated();
  write('tls.crt', 'new');
  await clock.advance(60_000);
  expect((await connection.authenticated()).dispatcher).toBe(dispatcher);
  await clock.advance(1);
  const { dispatcher: replaced } = await connection.authenticated();
  expect(replaced).not.toBe(dispatcher);
  await clock.advance(61_000);
  expect((await connection.authenticated()).dispatcher).toBe(replaced);
  await connection.close();
});

test('requests under way end on the connection that they were made on', async () => {
  const asked: ServerResponse[] = [];
  const server = createServer((_, response) => asked.push(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  write('tls.crt', 'old');
  write('tls.key', 'old');
  const { clock, connection } = await setup({
    'client-certificate': join(folder, 'tls.crt'),
    'client-key': join(folder, 'tls.key'),
  });
  const { dispatcher } = await connection.authenticated();
  const answer = dispatcher.request({ origin, path: '/', method: 'GET' });
  await once(server, 'request');
  write('tls.crt', 'new');
  await clock.advance(60_001);
  expect((await connection.authenticated()).dispatcher).not.toBe(dispatcher);
  asked[0]?.end('done');
  expect(await (await answer).body.text()).toBe('done');
  // And no other one begins there.
  await expect(dispatcher.request({ origin, path: '/', method: 'GET' })).rejects.toThrow(/clos/);
  await connection.close();
  server.close();
});

test('a connection that is closed stays so when its credentials are replaced', async () => {
  write('tls.crt', 'old');
  write('tls.key', 'old');
  const { clock, connection } = await setup({
    'client-certificate': join(folder, 'tls.crt'),
    'client-key': join(folder, 'tls.key'),
  });
  write('tls.crt', 'new');
  await clock.advance(60_001);
  await connection.close();
  const { dispatcher } = await connection.authenticated();
  const request = dispatcher.request({ origin: connection.server, path: '/', method: 'GET' });
  await expect(request).rejects.toThrow(/destroyed/);
});

describe('a context', () => {
  const context = (name: string): object => ({ name, context: { cluster: 'it', user: name } });
  const users = (token: string): object[] => [
    { name: 'me', user: { token } },
    { name: 'stranger', user: { token: 'of the stranger' } },
  ];
  const reread = async (change: object) => {
    const { connection } = await setup({ token: 'old' });
    write('kubeconfig', kubeconfig({}, { users: users('new'), ...change }));
    connection.renew();
    return connection;
  };
  test('is the one of the start, whatever the current one has become', async () => {
    const contexts = [context('stranger'), { name: 'it', context: { cluster: 'it', user: 'me' } }];
    const connection = await reread({ contexts, 'current-context': 'stranger' });
    expect((await connection.authenticated()).headers).toEqual({ authorization: 'Bearer new' });
    await connection.close();
  });
  test('that is not there any more is said', async () => {
    const contexts = [context('stranger')];
    const connection = await reread({ contexts, 'current-context': 'stranger' });
    await expect(connection.authenticated()).rejects.toThrow(/no context "it" any more/);
    await connection.close();
  });
});

describe('an exec plugin', () => {
  /** It counts its runs, takes a while, and fails once there is a file `broken`. */
  const script = `
    echo run >>runs; sleep 0.1; [ ! -e broken ] || { echo broken >&2; exit 1; }
    printf '{"status":{"token":"%s","expirationTimestamp":"2020-01-01T00:00:00Z"}}' "$(cat token)"`;
  const plugin = async () => {
    write('token', 'first');
    const all = await setup({
      exec: { command: 'sh', args: ['-c', `cd ${folder}; ${script}`], interactiveMode: 'Never' },
    });
    const runs = (): number => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n').length;
    return { ...all, runs };
  };
  const bearer = (token: string): object => ({ headers: { authorization: `Bearer ${token}` } });

  test('is run once for all who ask meanwhile', async () => {
    const { clock, connection, runs } = await plugin();
    expect(runs()).toBe(1);
    write('token', 'second');
    await clock.advance(60_001);
    const all = await Promise.all([1, 2, 3].map(() => connection.authenticated()));
    for (const one of all) expect(one).toMatchObject(bearer('second'));
    expect(runs()).toBe(2);
    await connection.close();
  });
  test('is run once after the API server has not taken what it gave', async () => {
    const { connection, runs } = await plugin();
    write('token', 'second');
    connection.renew();
    expect(await connection.authenticated()).toMatchObject(bearer('second'));
    expect(await connection.authenticated()).toMatchObject(bearer('second'));
    expect(runs()).toBe(2);
    await connection.close();
  });
  test('that fails costs nothing while what it gave is taken, and is run again a minute later', async () => {
    const { clock, connection, runs } = await plugin();
    write('broken', '');
    await clock.advance(60_001);
    expect(await connection.authenticated()).toMatchObject(bearer('first'));
    expect(await connection.authenticated()).toMatchObject(bearer('first'));
    expect(runs()).toBe(2);
    await clock.advance(60_001);
    await connection.authenticated();
    expect(runs()).toBe(3);
    await connection.close();
  });
  test('that fails is said when what it gave is not taken any more, each time', async () => {
    const { connection } = await plugin();
    write('broken', '');
    connection.renew();
    for (let count = 0; count < 2; count += 1)
      await expect(connection.authenticated()).rejects.toThrow(/cannot use kubeconfig .*broken/s);
    rmSync(join(folder, 'broken'));
    expect(await connection.authenticated()).toMatchObject(bearer('first'));
    await connection.close();
  });
});

test('a kubeconfig is read anew when the API server does not take its credentials', async () => {
  const { clock, connection } = await setup({ token: 'old' });
  write('kubeconfig', kubeconfig({ token: 'new' }));
  await clock.advance(3_600_000);
  expect((await connection.authenticated()).headers).toEqual({ authorization: 'Bearer old' });
  connection.renew();
  expect((await connection.authenticated()).headers).toEqual({ authorization: 'Bearer new' });
  await connection.close();
});

test('a kubeconfig that cannot be read anew is said; the next request tries again', async () => {
  const { clock, connection } = await setup({ token: 'old' });
  write('kubeconfig', '{');
  connection.renew();
  await expect(connection.authenticated()).rejects.toThrow(/cannot use kubeconfig .*kubeconfig: /);
  write('kubeconfig', kubeconfig({ token: 'new' }));
  await clock.advance(0);
  expect((await connection.authenticated()).headers).toEqual({ authorization: 'Bearer new' });
  await connection.close();
});
