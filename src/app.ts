import { createNodeMemory } from '../controllers/binding/in-use/node-memory.ts';
import { createCaches } from '../controllers/caches.ts';
import { createControllers } from '../controllers/start.ts';
import { takeOver } from '../controllers/take-over/take-over.ts';
import { createWebhookCaches } from '../webhook/caches.ts';
import { createRoutes } from '../webhook/routes.ts';
import type { ObjectRef } from './api/resources.ts';
import { aborted, isAborted, type Clock } from './clock.ts';
import type { Config } from './config.ts';
import { APP_NAME } from './core/registration.ts';
import { createHealthServer, type Health } from './health.ts';
import {
  brokenWatch,
  createAnswerCheck,
  createHindrance,
  hangingWatch,
  unlisted,
} from './kube/checks.ts';
import { createClient } from './kube/client.ts';
import { connect } from './kube/connection.ts';
import { firstAnswer } from './kube/first-answer.ts';
import { createIdentity } from './kube/identity.ts';
import { withLease } from './kube/lease.ts';
import { ensureNamespace } from './kube/namespace.ts';
import { createOriginalWatch, NO_ORIGINAL } from './kube/original.ts';
import { refuseOtherInstallation } from './kube/other-installation.ts';
import { applyCRDs } from './kube/registrar.ts';
import { createWriter } from './kube/writer.ts';
import { listen } from './listen.ts';
import type { Log } from './log.ts';
import { needed } from './kube/needed.ts';
import { createMetrics } from './metrics.ts';
import { serveWebhook, type Base } from './serve.ts';

const NOT_STARTED = 'the program has not started yet';

/**
 * The whole program, from connection to controllers: everything is started here, in this order, and
 * stopped in the opposite one. Resolves when the signal aborts.
 *
 * @throws UserError for what a user can mend
 */
export async function run(
  config: Config,
  { clock, log, version }: { clock: Clock; log: Log; version: string },
  signal: AbortSignal,
): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const identity = createIdentity();

  const connection = await connect({ kubeconfig: config.kubeconfig, clock });
  parts.defer(() => connection.close());
  const metrics = createMetrics({ version, timers: clock });
  const client = createClient(connection, `${APP_NAME}/${version}`, metrics.requested);
  const base: Base = { config, client, clock, log, signal, parts };

  const health: Health = { live: new Map(), ready: new Map() };
  let notStarted = NOT_STARTED;
  health.ready.set('start', () => notStarted);
  const probes = createHealthServer(health, metrics);
  parts.defer(() => probes.close());
  await listen(probes, { host: config.bindAddress, port: config.metricsPort }, '--metrics-port');
  const waits = (why: string): void => {
    notStarted = why;
  };
  const ask = (): Promise<string> => client.version({ signal });
  const kubernetes = await firstAnswer(ask, { clock, log, waits }, signal);
  if (kubernetes === undefined) return;
  notStarted = NOT_STARTED;
  log.info('starts', { version, server: client.server, kubernetes, mode: config.command });

  const lease = { kind: 'Lease', namespace: config.namespace, name: config.instance } as const;
  if (config.register) await needed(prepareCluster(base, lease));

  const reporter = { controller: APP_NAME, instance: identity };
  const writer = createWriter({ client, clock, log, reporter });
  const { concurrency, defaults, namespaces, evictionTimeoutMs, rescueNamespace } = config;
  const caches = createCaches({ client, clock, log, namespaces });
  const webhookCaches = createWebhookCaches({ ...caches, client, clock, log });
  // Before the caches start: what the controllers must remember of events they see from the first.
  const working = { caches, client, writer, clock, log, concurrency, defaults, namespaces };
  const nodeMemory = createNodeMemory(clock);
  const control =
    config.command === 'webhook'
      ? undefined
      : createControllers({ ...working, nodeMemory, evictionTimeoutMs, rescueNamespace, metrics });
  const watched = {
    webhook: { ...webhookCaches },
    controllers: { ...caches },
    all: { ...webhookCaches, ...caches },
  }[config.command];
  const watching = new AbortController();
  parts.defer(() => {
    watching.abort();
  });
  for (const [name, cache] of Object.entries(watched)) {
    void cache.start(watching.signal);
    metrics.watch(name, cache.health);
  }
  const watches = new Map(Object.entries(watched).map(([name, cache]) => [name, cache.health]));
  health.live.set('watches', () => hangingWatch(watches));
  const { onAnswer, unanswered } = createAnswerCheck(clock);
  const takingOver = createHindrance();
  const original = config.force ? NO_ORIGINAL : createOriginalWatch({ ...base, onAnswer });
  if (config.command === 'controllers') {
    health.ready.set('original', original.active);
    health.ready.set('take-over', takingOver.check);
    health.ready.set('caches', () => unlisted({ ...caches }));
    health.ready.set('watches', () => brokenWatch(watches));
    health.ready.set('api-server', unanswered);
  } else {
    // Whoever serves admissions stays ready while the API server is away: it answers from what it
    // knows, or denies with the reason. Without us the API server could only say that nobody answered.
    health.ready.set('caches', () => unlisted({ ...webhookCaches }));
  }

  if (config.command !== 'controllers') {
    const { namespace, rescueNamespace = namespace } = config;
    const unguarded = ['kube-system', namespace];
    const routes = createRoutes({
      ...config,
      caches: webhookCaches,
      client,
      writer,
      clock,
      log,
      exemptNamespaces: [...unguarded, rescueNamespace],
      injection: metrics.injection,
    });
    const exemptNamespaces = [...new Set(unguarded)];
    await serveWebhook(base, { routes, exemptNamespaces, writer, metrics, health, watches });
  }
  health.ready.delete('start');
  void aborted(signal).then(() => {
    health.ready.set('stop', () => 'the program was asked to stop');
  });
  if (control === undefined) {
    await aborted(signal);
    return;
  }
  // Asked to stop while the API server withholds what we watch: there is nothing to wait for.
  const synced = Object.values(watched).map((cache) => cache.synced);
  await Promise.race([Promise.all(synced), aborted(signal)]);
  const leads = metrics.leadership(lease.name);
  const lead = async (leading: AbortSignal): Promise<void> => {
    leads(true);
    try {
      // Who has stood by for long must look again.
      await original.gone(leading);
      await takeOver({ ...working, lease, hindered: takingOver.say }, leading);
      if (!isAborted(leading)) await control(leading);
    } finally {
      leads(false);
    }
  };
  // A Lease that was lost, to another one or to an API server that was away, is waited for again: the
  // webhook of this process goes on meanwhile.
  while (!isAborted(signal)) {
    await original.gone(signal);
    const leasing = { ref: lease, identity, client, clock, log, onAnswer, handover: nodeMemory };
    await withLease(leasing, lead, signal);
  }
}

/** With `--register`: no other installation, and CustomResourceDefinitions of this version. */
async function prepareCluster(base: Base, lease: ObjectRef): Promise<void> {
  const { force, instance, validationNamespace, rescueNamespace } = base.config;
  // Only who is to lead contends for the Lease.
  const contended = base.config.command === 'webhook' ? undefined : lease;
  if (!force) await refuseOtherInstallation(base, { instance, lease: contended });
  await applyCRDs(base);
  await ensureNamespace(base, validationNamespace, instance);
  if (rescueNamespace !== undefined) await ensureNamespace(base, rescueNamespace, instance);
}
