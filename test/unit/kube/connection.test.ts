import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
const kubeconfig = (user: object): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'it',
  contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
  clusters: [{ name: 'it', cluster: { server: 'https://127.0.0.1:6443/' } }],
  users: [{ name: 'me', user }],
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
