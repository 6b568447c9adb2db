import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from '../../src/errors.ts';
import { cgroupName } from '../cluster/cgroups.ts';
import { findOnPath, isExecutable, runCommand } from '../cluster/commands.ts';
import { createDebianPackages } from '../cluster/debian-packages.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { parseImageName } from '../cluster/images.ts';
import { privateMountsScript, quote } from '../cluster/private-mounts.ts';
import { childrenOf, isAlive, type ProcessId } from '../cluster/process-table.ts';
import { endProcesses, launch } from '../cluster/processes.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import { silentReporter } from '../cluster/reporter.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { BASE_NAMES } from './stand-ins.ts';

/** Docker has two of them: the one that it began with, and the one that newer versions take. */
export type DockerBuilder = 'classic' | 'BuildKit';

/** A Docker Engine beside a cluster. */
export interface Docker {
  /** Builds the Dockerfile of a checkout as it is, and pushes the image as `name:tag` to the cluster's registry. */
  build(by: DockerBuilder, checkout: string, image: string): Promise<void>;
}

/** By its path: of those on PATH one may be of another version, without the plugin that BuildKit needs by now. */
const CLIENT = '/usr/bin/docker';
/** Where this is, packages start no service when they are installed. */
const NO_SERVICES = '/usr/sbin/policy-rc.d';

/** Installs the Docker Engine where it is missing. */
export async function ensureDocker(): Promise<void> {
  const environment = readEnvironment();
  const isThere = async (): Promise<boolean> =>
    (await findOnPath(environment.path, 'dockerd')) !== undefined && (await isExecutable(CLIENT));
  if (await isThere()) return;
  // Otherwise its package starts an engine for the whole machine, with networks and packet rules.
  if (existsSync(NO_SERVICES)) {
    const what = { name: 'docker.io', reason: 'the image is built by it, too', files: [CLIENT] };
    await createDebianPackages(environment, silentReporter).ensure([what]);
    if (await isThere()) return;
  }
  throw new UserError(
    `dockerd or ${CLIENT} is missing; install Docker, whose package starts a service, or leave this test out`,
  );
}

/**
 * Starts a Docker Engine for a cluster: apart from any other engine of the machine, without networks, and with
 * all that it has in the cluster's folder and cgroup, so that whoever removes the cluster removes it, too. It
 * has the base images of the Dockerfile from the cluster's registry, by their own names. It ends with `parts`.
 */
export async function startDocker(cluster: Cluster, parts: AsyncDisposableStack): Promise<Docker> {
  const { registry } = cluster;
  const root = dirname(cluster.kubeconfig);
  const folder = join(root, 'docker');
  await mkdir(folder, { recursive: true });
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const engine = await launchEngine({ root, folder, socket, registry });
  parts.defer(async () => {
    await endProcesses(await childrenOf(engine.pid), 'SIGTERM');
  });
  const env = { ...process.env, DOCKER_CONFIG: folder, DOCKER_HOST: socket };
  const docker = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> =>
    runCommand(CLIENT, args, { env: { ...env, ...more } });
  await ready(engine, () => docker(['version']), logFile(root));
  for (const base of BASE_NAMES) {
    const { repository, tag } = parseImageName(base);
    const source = `${registry}/${repository}:${tag}`;
    await docker(['pull', '--quiet', source]);
    await docker(['tag', source, base]);
  }
  return {
    async build(by, checkout, image) {
      const target = `${registry}/library/${image}`;
      // What newer versions add of themselves would make an index of the image.
      const how = {
        DOCKER_BUILDKIT: by === 'BuildKit' ? '1' : '0',
        BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      };
      await docker(['build', '--quiet', '--network=host', `--tag=${target}`, checkout], how);
      await docker(['push', '--quiet', target]);
    },
  };
}

function logFile(root: string): string {
  return join(root, 'logs', 'dockerd.log');
}

async function ready(engine: ProcessId, ask: () => Promise<unknown>, log: string): Promise<void> {
  await waitUntilReady({
    what: 'dockerd',
    timeout: 60_000,
    probe: async () => {
      if (!(await isAlive(engine))) throw new UserError(`dockerd ended at once; see ${log}`);
      return ask().then(() => undefined, messageOf);
    },
  });
}

/** Where it would leave something or meet another engine it has folders of its own, or a layer over the machine's. */
function launchEngine({
  root,
  folder,
  socket,
  registry,
}: Readonly<Record<'root' | 'folder' | 'socket' | 'registry', string>>): Promise<ProcessId> {
  const keep = ['/run/systemd/resolve'].filter((path) => existsSync(path));
  const overlays = ['/etc', '/opt'].flatMap((path) => {
    const [upper, work] = ['upper', 'work'].map((part) => join(folder, path.slice(1), part));
    const options = `lowerdir=${path},upperdir=${upper},workdir=${work}`;
    return [
      `mkdir -p ${quote(upper ?? '')} ${quote(work ?? '')}`,
      `mount -t overlay -o ${quote(options)} overlay ${path}`,
    ];
  });
  const script = [
    privateMountsScript([{ target: '/run', backing: join(folder, 'run') }], keep),
    ...overlays,
    'exec dockerd "$@"',
  ].join('\n');
  const flags = [
    `--host=${socket}`,
    `--data-root=${join(folder, 'data')}`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    `--cgroup-parent=${cgroupName(root)}/docker`,
    `--insecure-registry=${registry}`,
    ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
    ...['--ip-forward=false', '--ip-masq=false'],
  ];
  return launch({
    command: 'unshare',
    // What the engine runs ends with it, however that ends.
    args: [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['--', '/bin/sh', '-c', script, 'dockerd', ...flags],
    ],
    mark: root,
    logFile: logFile(root),
  });
}
