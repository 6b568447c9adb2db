import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { findStaticBusybox } from '../cluster/busybox.ts';
import { lastLine, tryCommand } from '../cluster/commands.ts';
import { createDebianPackages, type DebianPackages } from '../cluster/debian-packages.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { silentReporter, type Reporter } from '../cluster/reporter.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { standIns } from './stand-ins.ts';

/** Sources that an operator is built and installed from. */
export interface Sources {
  /** Folder of a checkout. */
  readonly checkout: string;
  /** Of its image in the cluster. */
  readonly tag: string;
}

/** Those that this file is part of. */
export const THESE: Sources = { checkout: join(import.meta.dirname, '../..'), tag: 'e2e' };

/** What the operator's image is called in the cluster. */
export const OPERATOR_REPOSITORY = 'fluent-pvc-operator';
/** Its name where it is built from these sources. */
export const OPERATOR_IMAGE = `${OPERATOR_REPOSITORY}:${THESE.tag}`;

/** Installs what builds images, where it is missing. */
export async function ensureBuilder(reporter: Reporter = silentReporter): Promise<void> {
  const packages: DebianPackages = createDebianPackages(readEnvironment(), reporter);
  await packages.ensure([
    { name: 'buildah', reason: 'the image is built by it, without a daemon', command: 'buildah' },
  ]);
}

/**
 * Builds the Dockerfile of the sources as it is, with buildah, and makes the image known to the cluster,
 * whose registry has stand-ins for the base images.
 */
export async function buildOperatorImage(
  cluster: Cluster,
  { checkout, tag }: Sources,
): Promise<void> {
  await ensureBuilder();
  const folder = await mkdtemp(join(tmpdir(), 'fluent-pvc-buildah-'));
  try {
    const busybox = await findStaticBusybox(readEnvironment().path);
    await cluster.pushImages(await standIns(join(folder, 'bases'), busybox));
    const buildah = await openBuildah(folder, cluster.registry);
    await buildah('bud', '--isolation=chroot', '--tag=operator', ...npmCache(), checkout);
    const target = `docker://${cluster.registry}/library/${OPERATOR_REPOSITORY}:${tag}`;
    await buildah('push', '--tls-verify=false', 'operator', target);
    // Its folders are mounts of its own, or another user's: only it takes them away.
    await buildah('rmi', '--all', '--force');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** buildah with a storage of its own in `folder`, and `registry` in the place of all registries. */
async function openBuildah(
  folder: string,
  registry: string,
): Promise<(command: string, ...args: readonly string[]) => Promise<void>> {
  const registries = join(folder, 'registries.conf');
  const mirrors = ['docker.io', 'gcr.io'].map(
    (host) => `[[registry]]\nprefix = "${host}"\nlocation = "${registry}"\ninsecure = true\n`,
  );
  await writeFile(registries, mirrors.join('\n'));
  const policy = join(folder, 'policy.json');
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  const storage = ['--storage-driver=vfs', `--root=${join(folder, 'storage')}`];
  const all = [...storage, `--runroot=${join(folder, 'run')}`, `--registries-conf=${registries}`];
  const env = { ...process.env, TMPDIR: folder };
  return async (command, ...args) => {
    const signed = command === 'rmi' ? [] : [`--signature-policy=${policy}`];
    const end = await tryCommand('buildah', [...all, command, ...signed, ...args], { env });
    if (end.code === 0) return;
    throw new UserError(
      `buildah ${command} ended with ${end.code}: ${lastLine(end.stderr)}\n${end.stderr}`,
    );
  };
}

/** Packages that this machine has fetched already need not travel again. */
function npmCache(): readonly string[] {
  return [`--volume=${join(homedir(), '.npm')}:/root/.npm`];
}
