import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { freePorts } from '../../e2e/cluster/free-ports.ts';
import { systemClock } from '../../src/clock.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { admissionRequest, reviewBody } from '../support/review.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';
import { probe } from './probing.ts';
import { START_MS, startReplica, type Replica } from './replica.ts';

/* A replica of the webhook between SIGTERM and its end, as a process of its own. */

const NAME = 'leave';

let api: Api;
let port: number;
let metricsPort: number;
let replica: Replica;

/** Waits until kubelet would be told that, and returns in which words. */
const becomes = (code: number, timeoutMs?: number): Promise<string> =>
  eventually(
    `/readyz to answer ${code}`,
    async () => {
      const ready = await probe(metricsPort, '/readyz');
      if (ready.code !== code) throw new Error(ready.text);
      return ready.text;
    },
    timeoutMs,
  );

shared(async (parts) => {
  api = await openApi(parts);
  const { signal } = new AbortController();
  await applyCRDs({ client: api.client, clock: systemClock, log: silentLog, signal });
  await api.client.create(fluentPVC(NAME));
  [port = 0, metricsPort = 0] = await freePorts('127.0.0.1', 2);
  const ports = [`--webhook-port=${port}`, `--metrics-port=${metricsPort}`];
  const own = [`--kubeconfig=${api.kubeconfig}`, `--instance=${NAME}`];
  replica = startReplica(['webhook', '--drain-time=10m', ...ports, ...own], parts);
  await becomes(200, START_MS);
});

/** Asks as an API server does, on a new connection. */
async function admit(): Promise<{ code: number | undefined; review: unknown }> {
  const pod = labelledPod({ namespace: api.namespace, name: 'app-0' }, NAME);
  const about = { namespace: api.namespace, dryRun: true };
  const asked = request({
    method: 'POST',
    host: '127.0.0.1',
    port,
    path: '/pod/mutate',
    agent: new Agent({ rejectUnauthorized: false }),
  });
  asked.end(reviewBody(admissionRequest(pod, about)));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { code: answer.statusCode, review: await json(answer) };
}
const ADMITTED = { code: 200, review: { response: { uid: 'request-uid', allowed: true } } };

test('who is asked to stop says so first, and still admits Pods', async () => {
  expect(await admit()).toMatchObject(ADMITTED);
  replica.signal('SIGTERM');
  expect(await becomes(503)).toBe('[+]caches\n[-]stop: the program was asked to stop\n');
  expect(await admit()).toMatchObject(ADMITTED);
  expect((await probe(metricsPort, '/readyz')).code).toBe(503);
  expect((await probe(metricsPort, '/livez')).code).toBe(200);
});
