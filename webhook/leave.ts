import type { FastifyInstance } from 'fastify';
import { delay, type Clock } from '../src/clock.ts';

/**
 * How a replica leaves while API servers still send to it: for a time it goes on answering, and ends
 * each connection with its next answer, so that who asks opens another one, elsewhere. What is still
 * open then has been idle for that long. Closed at once, a connection could cost the Pod whose
 * admission was just on its way: a POST is not sent again.
 *
 * @param drainMs longer than API servers and kube-proxies need to hear that a Pod goes; 0 where nobody
 *   serves in our place
 * @returns leaves, and resolves when the server is closed
 */
export function leaving(
  server: FastifyInstance,
  { clock, drainMs }: { clock: Clock; drainMs: number },
): () => Promise<void> {
  let isLeaving = false;
  server.addHook('onRequest', (_request, reply, done) => {
    if (isLeaving) reply.header('connection', 'close');
    done();
  });
  return async () => {
    isLeaving = true;
    if (drainMs > 0) await delay(clock, drainMs);
    await server.close();
  };
}
