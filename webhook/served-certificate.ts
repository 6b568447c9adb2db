import type { FastifyInstance } from 'fastify';
import type { Server } from 'node:tls';
import type { Log } from '../src/log.ts';
import type { ServingCertificate } from './certificate.ts';

/** The certificate that is served, while the server runs: others take its place without a restart. */
export interface ServedCertificate {
  /** `undefined` until there is one. */
  readonly current: ServingCertificate | undefined;
  /** Resolves with the first one. */
  readonly first: Promise<ServingCertificate>;
  /** Served from now on. Handshakes that have begun, and connections that are open, are left alone. */
  take(certificate: ServingCertificate): void;
  /** The server of {@link createServer} serves the current one, and each that takes its place. */
  serveBy(server: FastifyInstance): void;
}

export function createServedCertificate(log: Log): ServedCertificate {
  let current: ServingCertificate | undefined;
  let server: Server | undefined;
  const first = Promise.withResolvers<ServingCertificate>();
  const hand = (): void => {
    if (current === undefined) return;
    const { cert, key } = current;
    server?.setSecureContext({ cert, key });
  };
  return {
    get current() {
      return current;
    },
    first: first.promise,
    take(certificate) {
      if (certificate.cert === current?.cert && certificate.key === current.key) return;
      current = certificate;
      hand();
      first.resolve(certificate);
      log.info('serves a certificate', {
        notBefore: certificate.notBefore.toISOString(),
        notAfter: certificate.notAfter.toISOString(),
      });
    },
    serveBy(fastify) {
      // Fastify's type does not tell which kind of server it made.
      server = fastify.server as unknown as Server;
      hand();
    },
  };
}
