import { expect, test } from '@jest/globals';
import { hostname } from 'node:os';
import { freePorts } from '../../e2e/cluster/free-ports.ts';
import { annotations, finalizers } from '../../src/api/names.ts';
import { systemClock } from '../../src/clock.ts';
import type { Lease } from '../../src/kube/lease.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';
import { probe } from './probing.ts';
import { START_MS, startReplica, type Replica } from './replica.ts';

const instance = 'failover';
const lease = { kind: 'Lease', namespace: 'kube-system', name: instance } as const;

let api: Api;
let start: () => Promise<Replica>;

shared(async (parts) => {
  api = await openApi(parts);
  const { signal } = new AbortController();
  await applyCRDs({ client: api.client, clock: systemClock, log: silentLog, signal });
  start = async () => {
    const [port = 0] = await freePorts('127.0.0.1', 1);
    const own = [`--kubeconfig=${api.kubeconfig}`, `--instance=${instance}`];
    const replica = startReplica(['controllers', `--metrics-port=${port}`, ...own], parts);
    const isReady = async (): Promise<true> => {
      const { code, text } = await probe(port, '/readyz');
      if (code !== 200) throw new Error(text);
      return true;
    };
    await eventually('the replica to be ready', isReady, START_MS);
    return replica;
  };
});

const leads = ({ pid }: Replica): Promise<boolean> =>
  eventually(
    `process ${pid} to lead`,
    async () => {
      const holder = (await api.client.get<Lease>(lease))?.spec.holderIdentity ?? '';
      if (holder.startsWith(`${hostname()}_${pid}_`)) return true;
      throw new Error(holder);
    },
    20_000,
  );
/** A FluentPVC that is new gets our finalizer from whoever leads. */
const worked = (name: string): Promise<boolean> =>
  eventually(
    `FluentPVC ${name} to be looked after`,
    async () => {
      const found = await api.client.get({ kind: 'FluentPVC', name });
      return found?.metadata.finalizers?.includes(finalizers.fluentPVC) === true;
    },
    20_000,
  );
/** How long it takes that somebody else leads and has done something, in ms. */
const handedOver = async (from: Replica, how: 'SIGTERM' | 'SIGKILL', to: Replica) => {
  const startedAt = performance.now();
  const name = `after-${how.toLowerCase()}`;
  await from.end(how);
  await api.client.create(fluentPVC(name));
  await worked(name);
  const ms = performance.now() - startedAt;
  await leads(to);
  process.stderr.write(`${how} of the leader: ${(ms / 1000).toFixed(1)} s until another worked\n`);
  return ms;
};

test('another replica leads and works within 15 s of a kill of the leader, and soon after its end', async () => {
  const first = await start();
  await leads(first);
  const second = await start();
  await api.client.create(fluentPVC('before'));
  await worked('before');
  expect(await handedOver(first, 'SIGKILL', second)).toBeLessThan(15_000);
  const third = await start();
  expect(await handedOver(second, 'SIGTERM', third)).toBeLessThan(5_000);
  const names = ['before', 'after-sigkill', 'after-sigterm'];
  await api.kubectl('delete', 'fluentpvc', ...names);
  await third.end('SIGTERM');
}, 120_000);

test('who leads takes over what the last leader has seen of nodes, and hands it on', async () => {
  const last = await start();
  await leads(last);
  await last.end('SIGKILL');
  const seen = { since: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:01:00.000Z' };
  // What no leader has written is not handed on: so it can be seen that this is not only left as it was.
  const written = JSON.stringify({ 'node-1': seen, 'node-2': 'nothing' });
  const annotation = `${annotations.seenOfNodes}=${written}`;
  await api.kubectl('annotate', 'lease', instance, '-n', 'kube-system', '--overwrite', annotation);
  const next = await start();
  await leads(next);
  await eventually('what is handed on', async () => {
    const found = await api.client.get<Lease>(lease);
    const given = found?.metadata.annotations?.[annotations.seenOfNodes] ?? '';
    if (given !== JSON.stringify({ 'node-1': seen })) throw new Error(given);
    return true;
  });
}, 120_000);
