import { UserError } from '../../src/errors.ts';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { findOnPath, lastLine, tryCommand } from './commands.ts';
import type { Environment } from './environment.ts';
import { withLock } from './lock.ts';
import type { DebianPackage } from './recipe.ts';
import type { Reporter } from './reporter.ts';

/** Things of the machine that come from its distribution and not from a recipe. */
export interface DebianPackages {
  /** Installs what is missing, or throws one UserError that names all of it and why. */
  ensure(packages: readonly DebianPackage[]): Promise<void>;
}

/** What a real node needs beside the recipes. */
export const nodePackages: readonly DebianPackage[] = [
  { name: 'iproute2', reason: "the cluster's network is set up with ip", command: 'ip' },
  { name: 'util-linux', reason: 'the cluster runs in namespaces of its own', command: 'nsenter' },
  {
    name: 'iptables',
    reason: 'kube-proxy and the Pod network set packet rules',
    command: 'iptables',
  },
  { name: 'busybox-static', reason: 'the images that Pods run are made of it', command: 'busybox' },
];

/** Installs with apt-get as root on Debian and its relatives; elsewhere it only names packages. */
export function createDebianPackages(environment: Environment, reporter: Reporter): DebianPackages {
  const missingOf = async (packages: readonly DebianPackage[]): Promise<DebianPackage[]> => {
    const missing: DebianPackage[] = [];
    for (const candidate of packages) {
      if (!(await isThere(environment, candidate))) missing.push(candidate);
    }
    return missing;
  };
  return {
    async ensure(packages) {
      if ((await missingOf(packages)).length === 0) return;
      // Two clusters that start side by side would both install; apt-get gives up instead of waiting.
      const lock = {
        file: join(environment.cacheFolder, 'locks', 'debian-packages'),
        what: 'the installation of Debian packages',
        timeout: 10 * 60_000,
      };
      await withLock(lock, async () => {
        const missing = await missingOf(packages);
        if (missing.length > 0) await install(environment, reporter, missing);
      });
    },
  };
}

async function install(
  environment: Environment,
  reporter: Reporter,
  missing: readonly DebianPackage[],
): Promise<void> {
  const names = missing.map(({ name }) => name);
  const aptGet = await findOnPath(environment.path, 'apt-get');
  if (!environment.isRoot || aptGet === undefined) {
    throw new UserError(
      `missing packages: ${missing.map(({ name, reason }) => `${name} (${reason})`).join(', ')}; install them, or run as root on Debian`,
    );
  }
  reporter.step(`installing Debian packages ${names.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Old lists name versions that are gone, so they are renewed first; if that fails, they may do.
  await tryCommand(aptGet, ['update', '-q'], { env });
  const options = [
    'install',
    '-q',
    '-y',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=300',
  ];
  const { code, stderr } = await tryCommand(aptGet, [...options, ...names], { env });
  if (code !== 0) {
    throw new UserError(
      `can't install ${missing.map(({ name, reason }) => `${name} (${reason})`).join(', ')}: apt-get ended with ${code}: ${lastLine(stderr)}`,
    );
  }
}

async function isThere(environment: Environment, wanted: DebianPackage): Promise<boolean> {
  if (wanted.command !== undefined) {
    return (await findOnPath(environment.path, wanted.command)) !== undefined;
  }
  for (const file of wanted.files ?? []) {
    if (await exists(file)) return true;
  }
  return false;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
