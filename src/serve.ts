import type { AddressInfo } from 'node:net';
import { createCertificateCaches } from '../webhook/certificate-caches.ts';
import { followFolder } from '../webhook/certificate-folder.ts';
import { createCertificateKeeper } from '../webhook/certificate-keeper.ts';
import { loadCertificate, makeCertificate } from '../webhook/certificate.ts';
import { leaving } from '../webhook/leave.ts';
import { createServedCertificate, type ServedCertificate } from '../webhook/served-certificate.ts';
import { createServer, type Routes } from '../webhook/server.ts';
import { aborted, isAborted, type Clock } from './clock.ts';
import type { Config } from './config.ts';
import { onlyIn } from './core/narrowing.ts';
import type { UrlClient } from './core/registration.ts';
import type { Health } from './health.ts';
import type { KubeClient } from './kube/client.ts';
import { localAddress } from './kube/local-address.ts';
import { needed } from './kube/needed.ts';
import type { WatchHealth } from './kube/pulse.ts';
import { deleteConfigurations, register } from './kube/registrar.ts';
import type { Writer } from './kube/writer.ts';
import { listen } from './listen.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** How long the end may take to take webhook configurations and policies away, in ms. */
const UNREGISTER_MS = 10_000;

/** What all parts of the program share. */
export interface Base {
  config: Config;
  client: KubeClient;
  clock: Clock;
  log: Log;
  /** Aborts when the program is to end. */
  signal: AbortSignal;
  /** Is undone at the end, the last first. */
  parts: AsyncDisposableStack;
}

/** What the part that serves admissions takes of the others. */
export interface Serving {
  routes: Routes;
  /** With `--register`: namespaces whose Pods never reach us. */
  exemptNamespaces: readonly string[];
  writer: Writer;
  metrics: Metrics;
  health: Health;
  /** Of the whole process, for liveness. */
  watches: Map<string, WatchHealth>;
}

/** Serves admissions until the program ends, as soon as there is a certificate for it. */
export async function serveWebhook(base: Base, serving: Serving): Promise<void> {
  const { config, client, clock, log, signal, parts } = base;
  const { routes, exemptNamespaces, metrics } = serving;
  const host = config.webhookHost ?? (await needed(localAddress(client.server, signal)));
  const served = createServedCertificate(log);
  // Renews to the end: the server answers for as long as anybody asks.
  const renewing = new AbortController();
  parts.defer(() => {
    renewing.abort();
  });
  await certify(base, serving, { host, served, signal: renewing.signal });
  await Promise.race([served.first, aborted(signal)]);
  if (isAborted(signal)) return;
  const certificate = await served.first;
  metrics.certificate(() => (served.current ?? certificate).notAfter.getTime());
  const server = createServer({ certificate, routes, observe: metrics.answered, log });
  served.serveBy(server);
  parts.defer(leaving(server, { clock, drainMs: config.drainMs }));
  const where = { host: config.bindAddress, port: config.webhookPort };
  await listen(server, where, '--webhook-port');
  if (!config.register) return;
  const { port } = server.server.address() as AddressInfo;
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  await needed(registerWebhook(base, { url, caBundle: certificate.ca }, exemptNamespaces));
}

/** Sees to it that there is a certificate, and that another one takes its place in time. */
async function certify(
  base: Base,
  { writer, metrics, health, watches }: Serving,
  { host, served, signal }: { host: string; served: ServedCertificate; signal: AbortSignal },
): Promise<void> {
  const { config, client, clock, log } = base;
  if (config.certDir !== undefined) {
    served.take(loadCertificate(config.certDir));
    void followFolder({ folder: config.certDir, served, clock, log }, signal);
    return;
  }
  if (config.certSecret === undefined) {
    served.take(await makeCertificate([host, 'localhost'], new Date(clock.now())));
    return;
  }
  const { namespace, certSecret: name, instance } = config;
  const of = { namespace, name, instance };
  const caches = createCertificateCaches(of, { client, clock, log });
  const keeper = createCertificateKeeper({ of, hosts: [host], caches, writer, served, clock, log });
  health.ready.set('certificate', () => keeper.untrusted());
  void keeper.run(signal);
  for (const [watch, cache] of Object.entries({ ...caches })) {
    void cache.start(signal);
    metrics.watch(watch, cache.health);
    watches.set(watch, cache.health);
  }
}

/** Makes the API server call us, and takes that away at the end, before the server closes. */
async function registerWebhook(
  base: Base,
  webhook: UrlClient,
  exemptNamespaces: readonly string[],
): Promise<void> {
  const { config, log, parts } = base;
  parts.defer(async () => {
    const late = AbortSignal.timeout(UNREGISTER_MS);
    await deleteConfigurations({ ...base, signal: late }, config.instance, webhook.caBundle);
    log.info('took webhook configurations and policies away');
  });
  const { instance, rescueNamespace } = config;
  const narrowed = onlyIn(config.namespaces);
  const options = { instance, client: webhook, exemptNamespaces, rescueNamespace, narrowed };
  await register(base, options);
}
