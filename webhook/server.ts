import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { deadline } from '../src/clock.ts';
import { FAULTS, messageOf } from '../src/errors.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { ServingCertificate } from './certificate.ts';
import { readBody, type Body } from './body.ts';
import { decode, deny, encode, tooLarge, type AdmissionHandler, type Answer } from './review.ts';

/** Where the API server finds which handler: the original operator's paths. */
export type Routes = Record<'/pod/mutate' | '/fluent-pvc/validate', AdmissionHandler>;

/** The largest object etcd takes is 1.5 MB; a review holds the old one and the new one. */
const BODY_LIMIT = 8 * 1024 * 1024;
/**
 * The API server keeps idle connections for 90 s: the side that opened them closes them. Closed by us, one
 * could cost the Pod whose admission was just on its way: a POST is not sent again.
 */
const KEEP_ALIVE_MS = 120_000;
/** Without `timeout` in the query: what the webhook configuration would say by default. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** Parts of the API server's patience for our writes and for their undo; the rest is for the way. */
const SHARE_FOR_WRITES = 0.6;
const SHARE_FOR_UNDO = 0.3;
/** How long the end may wait for answers under way. */
const CLOSE_MS = 15_000;
/**
 * A client that does not send what it announced is not waited for. Node counts from when a connection was
 * opened, also where it was opened for no request yet, as API servers do: it may not end before theirs.
 */
const REQUEST_MS = KEEP_ALIVE_MS;

/**
 * The TLS server that answers AdmissionReviews. Every answer to a route is an AdmissionReview with
 * the request's uid, whatever was sent and whatever went wrong: a caller that gets none would only
 * report that it got none.
 */
export function createServer(options: {
  certificate: ServingCertificate;
  routes: Routes;
  /** Told of each answer. */
  observe: Metrics['answered'];
  log: Log;
}): FastifyInstance {
  const { certificate, routes, observe, log } = options;
  const server = fastify({
    https: { cert: certificate.cert, key: certificate.key, headersTimeout: REQUEST_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    // Who asks while we close is answered, on a connection that ends with that.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });
  const underWay = countRequests(server);
  server.addHook('preClose', async () => {
    await underWay.none(CLOSE_MS);
    // Also those that never carried a request: API servers open more than they use, and for Node a
    // connection is not idle before its first one.
    server.server.closeAllConnections();
  });
  // Read here and not by fastify, which would refuse a body by its length or type before anybody
  // could look for the uid in it.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    (_request: FastifyRequest, payload: IncomingMessage) => readBody(payload, BODY_LIMIT),
  );
  server.addHook('onRequest', (request, _reply, done) => {
    request.headers['content-type'] = 'application/json';
    done();
  });

  for (const [route, handler] of Object.entries(routes)) {
    server.post(route, async (request, reply) => {
      const startedAt = performance.now();
      const gone = new AbortController();
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort(new Error('who asked has gone'));
      });
      const { uid, answer } = await answerTo(request, handler, gone.signal, log);
      observe({
        route,
        seconds: (performance.now() - startedAt) / 1000,
        allowed: answer.allowed,
        reason: answer.allowed ? '' : countedAs(answer.denial.reason),
      });
      return reply.send(encode(uid, answer));
    });
  }
  // What fails before a handler runs: a connection that is cut while its body is read.
  server.setErrorHandler((error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
    const message = `the request could not be read: ${messageOf(error)}`;
    log.warn(message);
    return reply.code(200).send(encode('', deny('AdmissionReviewInvalid', 400, message)));
  });
  return server;
}

/** Counts requests that are not answered yet. */
function countRequests(server: FastifyInstance): { none(limitMs: number): Promise<void> } {
  let count = 0;
  const ended = new EventEmitter();
  server.addHook('onRequest', (_request, reply, done) => {
    count += 1;
    reply.raw.once('close', () => {
      count -= 1;
      if (count === 0) ended.emit('none');
    });
    done();
  });
  return {
    async none(limitMs) {
      if (count === 0) return;
      const { promise: late, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(resolve, limitMs, undefined);
      await Promise.race([once(ended, 'none'), late]);
      clearTimeout(timer);
    },
  };
}

async function answerTo(
  request: FastifyRequest,
  handler: AdmissionHandler,
  gone: AbortSignal,
  log: Log,
): Promise<{ uid: string; answer: Answer }> {
  const { bytes, cut } = (request.body ?? { bytes: Buffer.alloc(0), cut: false }) as Body;
  const decoded = cut ? tooLarge(bytes) : decode(bytes);
  if ('denial' in decoded) {
    return { uid: decoded.uid, answer: { allowed: false, denial: decoded.denial } };
  }
  const { uid } = decoded.request;
  try {
    const patienceMs = timeoutMs(request.query);
    using writing = deadline(patienceMs * SHARE_FOR_WRITES, gone);
    const time = { signal: writing.signal, gone, undoMs: patienceMs * SHARE_FOR_UNDO };
    return { uid, answer: await handler(decoded.request, time) };
  } catch (error) {
    log.error('an admission failed', {
      requestUid: uid,
      error: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return { uid, answer: deny('Internal', 500, messageOf(error)) };
  }
}

/** A denial in another program's words may have any reason: metrics need few. */
function countedAs(reason: string): string {
  return Object.hasOwn(FAULTS, reason) ? reason : 'WriteRefused';
}

/** The API server says in the query how long it waits: `?timeout=10s`. */
function timeoutMs(query: unknown): number {
  const { timeout } = query as { timeout?: unknown };
  const seconds = typeof timeout === 'string' ? Number(/^(\d+)s$/.exec(timeout)?.[1]) : NaN;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_TIMEOUT_MS;
}
