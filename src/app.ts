import { createCaches } from '../controllers/caches.ts';
import { createControllers } from '../controllers/start.ts';
import { loadCertificate, makeCertificate } from '../webhook/certificate.ts';
import { createFluentPVCHandler } from '../webhook/fluentpvc.ts';
import { createPodHandler } from '../webhook/pod.ts';
import { createServer } from '../webhook/server.ts';
import type { ObjectRef } from './api/resources.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { APP_NAME, webhookConfigurations } from './core/registration.ts';
import { messageOf, UserError } from './errors.ts';
import { createHealthServer, type ReadinessChecks } from './health.ts';
import { ApiUnreachable } from './kube/api-error.ts';
import { createClient, type KubeClient } from './kube/client.ts';
import { connect } from './kube/connection.ts';
import { identityOfThisProcess, withLease } from './kube/lease.ts';
import { localAddress } from './kube/local-address.ts';
import {
  applyConfigurations,
  applyCRDs,
  deleteConfigurations,
  refuseOtherInstallation,
} from './kube/registrar.ts';
import { createWriter } from './kube/writer.ts';
import { listen } from './listen.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';

/** How long the end may take to take the webhook configurations away, in ms. */
const UNREGISTER_MS = 10_000;

/**
 * The whole program, from connection to controllers: everything is started here, in this order, and
 * stopped in the opposite one. Resolves when the signal aborts.
 *
 * @throws UserError for what a user can mend; Error when the Lease was lost
 */
export async function run(
  config: Config,
  base: { clock: Clock; log: Log; version: string },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, version } = base;
  await using parts = new AsyncDisposableStack();
  const identity = identityOfThisProcess();

  const connection = await connect({ kubeconfig: config.kubeconfig, clock });
  parts.defer(() => connection.close());
  const client = createClient(connection, `${APP_NAME}/${version}`);
  log.info('starts', {
    version,
    server: client.server,
    kubernetes: await reachable(client, signal),
    mode: config.command,
  });

  const metrics = createMetrics();
  const checks: ReadinessChecks = new Map();
  const health = createHealthServer(checks, metrics);
  parts.defer(() => health.close());
  await listen(health, { host: config.bindAddress, port: config.metricsPort }, '--metrics-port');

  const lease = { kind: 'Lease', namespace: config.namespace, name: config.instance } as const;
  if (config.register) await register(config, lease, { client, clock, log, signal });

  const watching = new AbortController();
  parts.defer(() => {
    watching.abort();
  });
  const caches = createCaches({ client, clock, log });
  const { fluentPVCs, bindings, claims, pods, jobs, jobPods } = caches;
  const started =
    config.command === 'webhook'
      ? [fluentPVCs]
      : [fluentPVCs, bindings, claims, pods, jobs, jobPods];
  for (const cache of started) void cache.start(watching.signal);
  checks.set('caches', () => started.every((cache) => cache.resourceVersion !== ''));

  const writer = createWriter({
    client,
    clock,
    log,
    reporter: { controller: APP_NAME, instance: identity },
  });
  if (config.command !== 'controllers') {
    const host = config.webhookHost ?? (await localAddress(client.server, signal));
    const certificate =
      config.certDir === undefined
        ? await makeCertificate([host, 'localhost'], new Date(clock.now()))
        : loadCertificate(config.certDir);
    const server = createServer({
      certificate,
      routes: {
        '/pod/mutate': createPodHandler({
          fluentPVCs,
          client,
          writer,
          defaults: config.defaults,
          log,
        }),
        '/fluent-pvc/validate': createFluentPVCHandler(),
      },
      observe: metrics.answered,
      log,
    });
    parts.defer(() => server.close());
    const where = { host: config.bindAddress, port: config.webhookPort };
    await listen(server, where, '--webhook-port');
    if (config.register) {
      parts.defer(async () => {
        const timeout = AbortSignal.timeout(UNREGISTER_MS);
        await deleteConfigurations({ client, clock, log, signal: timeout }, config.instance);
        log.info('took the webhook configurations away');
      });
      const { port } = server.server.address() as { port: number };
      const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
      await applyConfigurations(
        { client, clock, log, signal },
        webhookConfigurations({
          instance: config.instance,
          client: { url, caBundle: certificate.ca },
          exemptNamespaces: [...new Set(['kube-system', config.namespace])],
        }),
      );
      log.info('registered the webhook', { url });
    }
  }
  if (config.command === 'webhook') {
    await aborted(signal);
    return;
  }

  const lead = createControllers({
    caches,
    client,
    writer,
    clock,
    log,
    concurrency: config.concurrency,
    evictionTimeoutMs: config.evictionTimeoutMs,
    observe: metrics.reconciled,
    queueDepth: metrics.queueDepth,
  });
  await Promise.all(started.map((cache) => cache.synced));
  await withLease({ ref: lease, identity, client, clock, log }, lead, signal);
  if (!signal.aborted) throw new Error('the Lease was lost: another process leads');
}

/** The version of the API server. */
async function reachable(client: KubeClient, signal: AbortSignal): Promise<string> {
  try {
    return await client.version({ signal });
  } catch (error) {
    if (!(error instanceof ApiUnreachable)) throw error;
    throw new UserError(
      `cannot reach the API server at ${client.server}: ${messageOf(error)}`,
      'ApiServerUnreachable',
    );
  }
}

async function register(
  config: Config,
  lease: ObjectRef,
  base: { client: KubeClient; clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> {
  if (!config.force) {
    await refuseOtherInstallation(base, { instance: config.instance, lease });
  }
  await applyCRDs(base);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
