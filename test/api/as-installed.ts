import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../e2e/cluster/free-ports.ts';
import { run } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Lease } from '../../src/kube/lease.ts';
import type { Process } from '../../src/kube/permissions.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog, type Line } from '../support/memory-log.ts';
import { CONFIGURATIONS, RELEASE, type Installation } from './installation.ts';

/*
 * The two processes of an installation, with the rights of its ServiceAccounts and nothing else, but in
 * this process: no node runs them.
 */

/**
 * Starts both, with these flags besides, and leads the API server to the webhook, until `parts` are closed. Returns all that they
 * log, as it comes.
 */
export async function runAsInstalled(
  parts: AsyncDisposableStack,
  on: Installation,
  ...flags: readonly string[]
): Promise<readonly Line[]> {
  const { api, namespace, certificate, folder, validationNamespace } = on;
  const [port = 0] = await freePorts('127.0.0.1', 1);
  const certDir = join(folder, 'certificate');
  await mkdir(certDir);
  await writeFile(join(certDir, 'tls.crt'), certificate.cert);
  await writeFile(join(certDir, 'tls.key'), certificate.key);
  const lines: Line[] = [];
  await startProcess(parts, on, lines, 'controllers', flags);
  await startProcess(parts, on, lines, 'webhook', [
    ...flags,
    `--webhook-port=${port}`,
    `--cert-dir=${certDir}`,
    `--validation-namespace=${validationNamespace}`,
  ]);
  // Its Service leads nowhere, without a node.
  for (const [kind, path] of CONFIGURATIONS) {
    const caBundle = Buffer.from(certificate.ca).toString('base64');
    const value = { url: `https://127.0.0.1:${port}${path}`, caBundle };
    const patch = [{ op: 'replace', path: '/webhooks/0/clientConfig', value }];
    await api.kubectl('patch', kind, RELEASE, '--type=json', `--patch=${JSON.stringify(patch)}`);
  }
  await eventually('the controllers to lead', async () => {
    const lease = { kind: 'Lease', namespace, name: RELEASE } as const;
    return (await api.client.get<Lease>(lease))?.spec.holderIdentity;
  });
  return lines;
}

/** Starts one of the two, until `parts` are closed or it is stopped. */
export async function startProcess(
  parts: AsyncDisposableStack,
  on: Installation,
  lines: Line[],
  process: Process,
  flags: readonly string[],
): Promise<{ stop: () => Promise<void> }> {
  const kubeconfig = await kubeconfigOf(on, process);
  const invocation = readConfig(
    '0.0.0-test',
    [
      process,
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${on.namespace}`,
      `--instance=${RELEASE}`,
      `--rescue-namespace=${on.rescueNamespace}`,
      '--bind-address=127.0.0.1',
      '--metrics-port=0',
      ...flags,
    ],
    {},
  );
  if (!('config' in invocation)) throw new Error('runs no operator');
  const stop = new AbortController();
  const log = memoryLog(lines, { process });
  const ended = run(invocation.config, { clock: systemClock, log, version: '0' }, stop.signal);
  ended.catch(() => undefined);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  parts.defer(end);
  return { stop: end };
}

/** Path of the administrator's kubeconfig, with a token of the process' ServiceAccount instead of its certificate. */
export async function kubeconfigOf(
  { api, namespace, folder }: Installation,
  process: Process,
): Promise<string> {
  const where = `--namespace=${namespace}`;
  const token = await api.kubectl('create', 'token', where, `${RELEASE}-${process}`);
  const own = await api.kubectl('config', 'view', '--raw', '--output=json');
  const config = JSON.parse(own) as { users: { user: object }[] };
  for (const entry of config.users) entry.user = { token: token.trim() };
  const file = join(folder, `${process}.kubeconfig`);
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
