import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../src/errors.ts';
import { cgroupName, destroyCgroups } from '../cluster/cgroups.ts';
import { lastLine, runCommand } from '../cluster/commands.ts';
import { createDebianPackages } from '../cluster/debian-packages.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { parseImageName } from '../cluster/images.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import { silentReporter } from '../cluster/reporter.ts';
import { BASE_NAMES } from './stand-ins.ts';

/** Docker has two of them: the one that it began with, and the one that newer versions take. */
export type DockerBuilder = 'classic' | 'BuildKit';

/** A Docker Engine of its own. */
export interface Docker {
  /** `docker ...`; standard output. */
  run(...args: readonly string[]): Promise<string>;
  /** Builds a Dockerfile as it is and pushes the image to the registry, as `name:tag`. */
  build(by: DockerBuilder, checkout: string, image: string): Promise<void>;
}

/** By its path: of those on PATH one may be older or newer, without the plugin that BuildKit needs by now. */
const CLIENT = '/usr/bin/docker';

/**
 * Starts the Docker Engine beside whatever else the machine runs, as root: with all that it has in
 * `folder`, and without networks, so that no packet rule of the machine changes. It has the base images of
 * the Dockerfile from `registry` (`address:port`), by their own names. It ends with `parts`.
 */
export async function startDocker(
  folder: string,
  registry: string,
  parts: AsyncDisposableStack,
): Promise<Docker> {
  const packages = createDebianPackages(readEnvironment(), silentReporter);
  const reason = 'the image is built by it, too';
  await packages.ensure([{ name: 'docker.io', reason, command: 'dockerd' }]);
  await mkdir(folder, { recursive: true });
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const log = join(folder, 'dockerd.log');
  const engine = await startEngine({ folder, socket, registry, log }, parts);
  const env = { ...process.env, DOCKER_CONFIG: folder, DOCKER_HOST: socket };
  const run: Docker['run'] = (...args) => runCommand(CLIENT, args, { env });
  await waitUntilReady({
    what: 'dockerd',
    timeout: 60_000,
    probe: async () => {
      if (engine.exitCode !== null) throw new UserError(lastLine(await readFile(log, 'utf8')));
      return run('version').then(() => undefined, messageOf);
    },
  });
  for (const base of BASE_NAMES) {
    const { repository, tag } = parseImageName(base);
    await run('pull', '--quiet', `${registry}/${repository}:${tag}`);
    await run('tag', `${registry}/${repository}:${tag}`, base);
  }
  return {
    run,
    async build(by, checkout, image) {
      const target = `${registry}/library/${image}`;
      const wanted = { ...env, DOCKER_BUILDKIT: by === 'BuildKit' ? '1' : '0' };
      const args = ['build', '--quiet', '--network=host', `--tag=${target}`, checkout];
      await runCommand(CLIENT, args, { env: wanted });
      await run('push', '--quiet', target);
    },
  };
}

async function startEngine(
  where: Readonly<Record<'folder' | 'socket' | 'registry' | 'log', string>>,
  parts: AsyncDisposableStack,
): Promise<ChildProcess> {
  const { folder, socket, registry } = where;
  const log = await open(where.log, 'a');
  parts.defer(() => log.close());
  parts.defer(() => destroyCgroups(folder));
  const own = join(folder, 'own');
  await mkdir(own, { recursive: true });
  const engine = spawn(
    'unshare',
    [
      '--mount',
      'sh',
      '-c',
      // There it would leave something. What it mounts ends with it.
      'mkdir -p /etc/docker && for at in /etc/docker /opt; do mount --bind "$0" "$at"; done; exec dockerd "$@"',
      own,
      `--host=${socket}`,
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'dockerd.pid')}`,
      `--cgroup-parent=${cgroupName(folder)}`,
      `--insecure-registry=${registry}`,
      '--bridge=none',
      '--iptables=false',
      '--ip6tables=false',
      '--ip-masq=false',
    ],
    { stdio: ['ignore', log.fd, log.fd] },
  );
  await once(engine, 'spawn');
  parts.defer(async () => {
    if (engine.exitCode !== null || engine.signalCode !== null) return;
    engine.kill('SIGTERM');
    await once(engine, 'exit');
  });
  return engine;
}
