import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import type { KubeObject } from '../src/api/object.ts';
import { findBinaries } from './cluster/binaries.ts';
import { createBinarySources } from './cluster/binary-sources.ts';
import { readEnvironment } from './cluster/environment.ts';
import { defaultKubernetesVersion } from './cluster/recipes.ts';
import { silentReporter, type Reporter } from './cluster/reporter.ts';
import type { Stage } from './stage.ts';

const PROGRAMS = ['cert-manager-controller', 'cert-manager-cainjector'] as const;

/** Paths of cert-manager's programs, found in the cache or built. */
export async function obtainCertManager(
  reporter: Reporter = silentReporter,
): Promise<Readonly<Record<string, string>>> {
  const sources = createBinarySources(readEnvironment(), reporter);
  return findBinaries(sources, defaultKubernetesVersion, PROGRAMS);
}

/** Its CustomResourceDefinitions, from the sources that its programs are built from. */
export async function certManagerDefinitions(): Promise<readonly KubeObject[]> {
  const programs = await obtainCertManager();
  const folder = join(dirname(programs[PROGRAMS[0]] ?? ''), 'crds');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  return Promise.all(
    files.map(async (file) => {
      const crd = load(await readFile(join(folder, file), 'utf8')) as KubeObject;
      // Helm would fill them in.
      const { labels: _labels, ...metadata } = crd.metadata;
      return { ...crd, metadata };
    }),
  );
}

/**
 * cert-manager beside a cluster: its CustomResourceDefinitions in it, its controller and its CA injector
 * as processes of this machine, without its webhook, which only checks what people write.
 */
export async function startCertManager(
  { cluster, kubectl }: Stage,
  parts: AsyncDisposableStack,
): Promise<void> {
  const programs = await obtainCertManager();
  for (const crd of await certManagerDefinitions()) {
    await kubectl.feed('apply', '--server-side', crd);
  }
  await kubectl('create', 'namespace', 'cert-manager');
  const log = await open(join(dirname(cluster.kubeconfig), 'cert-manager.log'), 'a');
  parts.defer(() => log.close());
  for (const name of PROGRAMS) {
    const flags = [`--kubeconfig=${cluster.kubeconfig}`, '--leader-elect=false'];
    if (name === 'cert-manager-controller') flags.push('--cluster-resource-namespace=cert-manager');
    const child = spawn(programs[name] ?? '', flags, { stdio: ['ignore', log.fd, log.fd] });
    await once(child, 'spawn');
    parts.defer(() => end(child));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
