import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import type { Metrics } from './metrics.ts';

/** Why something is not as it should be; `undefined` while it is. */
export type Check = () => string | undefined;

/** What the probes of kubelet look at, by name. */
export interface Health {
  /** What only a restart mends. Nothing here may depend on who else is up. */
  live: Map<string, Check>;
  /** What must hold before others may count on this process. */
  ready: Map<string, Check>;
}

/**
 * Plain HTTP for kubelet and Prometheus: /livez (also /healthz), /readyz and /metrics. A probe
 * answers 200 or 503 and a line for each check, with the reason where it fails.
 */
export function createHealthServer(health: Health, metrics: Metrics): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  for (const path of ['/livez', '/healthz']) {
    server.get(path, (_request, reply) => answer(health.live, reply));
  }
  server.get('/readyz', (_request, reply) => answer(health.ready, reply));
  server.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics.text();
    return reply.type(contentType).send(body);
  });
  return server;
}

function answer(checks: ReadonlyMap<string, Check>, reply: FastifyReply): FastifyReply {
  const found = [...checks].map(([name, check]) => ({ name, fault: check() }));
  const lines = found.map(({ name, fault }) =>
    fault === undefined ? `[+]${name}\n` : `[-]${name}: ${fault}\n`,
  );
  return reply
    .code(found.every(({ fault }) => fault === undefined) ? 200 : 503)
    .send(lines.join(''));
}
