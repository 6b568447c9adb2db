import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate, type ServingCertificate } from '../../../webhook/certificate.ts';
import { leaving } from '../../../webhook/leave.ts';
import { createServer } from '../../../webhook/server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { admissionRequest, reviewBody } from '../../support/review.ts';

const DRAIN_MS = 10_000;
/** By a new connection, or by one that was kept. */
const GONE = /ECONNREFUSED|socket hang up/;
let certificate: ServingCertificate;
let agent: Agent;

beforeAll(async () => {
  certificate = await makeCertificate(['localhost'], new Date());
  agent = new Agent({ keepAlive: true, ca: certificate.ca, maxSockets: 1 });
});
const servers: FastifyInstance[] = [];
afterAll(async () => {
  agent.destroy();
  await Promise.all(servers.map((server) => server.close()));
});

interface Replica {
  clock: FakeClock;
  leave: () => Promise<void>;
  /** Asks on a connection that is kept, and says whether the answer ends it. */
  ask: () => Promise<{ code: number | undefined; ends: boolean }>;
}

async function openReplica(drainMs: number): Promise<Replica> {
  const clock = new FakeClock();
  const allow = (): Promise<{ allowed: true }> => Promise.resolve({ allowed: true });
  const server = createServer({
    certificate,
    routes: { '/pod/mutate': allow, '/fluent-pvc/validate': allow },
    observe: () => undefined,
    log: memoryLog(),
  });
  servers.push(server);
  const leave = leaving(server, { clock, drainMs });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const body = reviewBody(admissionRequest(make.newPod()));
  const ask: Replica['ask'] = () =>
    new Promise((resolve, reject) => {
      const options = { host: 'localhost', port, path: '/pod/mutate', method: 'POST', agent };
      const asked = request(options, (answer) => {
        const ends = answer.headers.connection === 'close';
        answer.resume().on('end', () => {
          resolve({ code: answer.statusCode, ends });
        });
      });
      asked.on('error', reject).end(body);
    });
  return { clock, leave, ask };
}

test('who leaves answers for a while, and ends each connection with that', async () => {
  const { clock, leave, ask } = await openReplica(DRAIN_MS);
  expect(await ask()).toEqual({ code: 200, ends: false });
  const left = leave();
  // On the connection that is kept, and on a new one.
  expect(await ask()).toEqual({ code: 200, ends: true });
  expect(await ask()).toEqual({ code: 200, ends: true });
  await clock.advance(DRAIN_MS - 1);
  expect(await ask()).toEqual({ code: 200, ends: true });
  await clock.advance(1);
  await left;
  await expect(ask()).rejects.toThrow(GONE);
});

test('where nobody serves in its place, it closes at once', async () => {
  const { leave, ask } = await openReplica(0);
  expect(await ask()).toEqual({ code: 200, ends: false });
  await leave();
  await expect(ask()).rejects.toThrow(GONE);
});
