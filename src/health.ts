import { fastify, type FastifyInstance } from 'fastify';
import type { Metrics } from './metrics.ts';

/** Things that must be true before the process is ready, by name. */
export type ReadinessChecks = Map<string, () => boolean>;

/** Plain HTTP for kubelet and Prometheus: /healthz, /readyz and /metrics. */
export function createHealthServer(checks: ReadinessChecks, metrics: Metrics): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  server.get('/healthz', () => 'ok');
  server.get('/readyz', async (_request, reply) => {
    const lines = [...checks].map(([name, check]) => ({ name, ready: check() }));
    return reply
      .code(lines.every(({ ready }) => ready) ? 200 : 503)
      .send(lines.map(({ name, ready }) => `[${ready ? '+' : '-'}]${name}\n`).join(''));
  });
  server.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics.text();
    return reply.type(contentType).send(body);
  });
  return server;
}
