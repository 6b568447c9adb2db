import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { messageOf, UserError } from '../../src/errors.ts';
import { foldersOf, startCluster, stopCluster } from './cluster.ts';
import type { Nodes } from './cluster-config.ts';
import { logFile } from './component.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { type ClusterHealth, type HealthLine, healthOf } from './health.ts';
import { type Command, parseCommand, usage } from './options.ts';
import { createReporter, type Reporter } from './reporter.ts';

// `up | head -1` must not leave half a cluster: what nobody reads is not worth an end.
process.stdout.on('error', () => undefined);
const interrupts = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupts.abort();
  });
}
try {
  const reporter = createReporter(process.stdout, () => Date.now());
  process.exitCode = await run(parseCommand(process.argv.slice(2)), readEnvironment(), reporter);
} catch (thrown) {
  const expected = thrown instanceof UserError;
  process.stderr.write(
    `cluster: ${expected || !(thrown instanceof Error) ? messageOf(thrown) : (thrown.stack ?? thrown.message)}\n`,
  );
  process.exitCode = 1;
}

/** Carries a command out; the exit code. */
async function run(
  command: Command,
  environment: Environment,
  reporter: Reporter,
): Promise<number> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'up':
      return up(command, environment, reporter);
    case 'down': {
      const there = await stopCluster(environment, command.name, command);
      reporter.line(`cluster ${command.name} ${there ? 'is removed' : 'is not there'}`);
      return 0;
    }
    case 'status':
      return status(command.name, environment, reporter);
    case 'logs':
      return logs(command, environment);
  }
}

async function up(
  command: Extract<Command, { kind: 'up' }>,
  environment: Environment,
  reporter: Reporter,
): Promise<number> {
  const { kubernetesVersion, kubeconfig } = command;
  const cluster = await startCluster({
    name: command.name,
    nodes: command.nodes ?? defaultNodes(environment, reporter),
    apiServerOnly: command.apiServerOnly,
    audit: command.audit,
    apiServerArgs: command.apiServerArgs,
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
    ...(kubeconfig !== undefined && { userKubeconfig: resolve(kubeconfig) }),
    reuse: true,
    environment,
    reporter,
    signal: interrupts.signal,
  });
  reporter.line(`
Kubernetes ${cluster.kubernetesVersion} at ${cluster.server}; it reaches this machine as ${cluster.hostAddress}.
  export KUBECONFIG=${cluster.kubeconfig}
  ${cluster.kubectl} get nodes
Remove it with: npm run cluster -- down --name ${cluster.name}`);
  return 0;
}

function defaultNodes(environment: Environment, reporter: Reporter): Nodes {
  if (environment.platform === 'linux' && environment.isRoot) return { kind: 'real' };
  reporter.step('a real node needs root on Linux: this cluster gets one simulated node (kwok:1)');
  return { kind: 'kwok', count: 1 };
}

async function status(name: string, environment: Environment, reporter: Reporter): Promise<number> {
  const health = await healthOf(foldersOf(environment, name));
  if (health === undefined) throw new UserError(`there is no cluster ${name}`);
  for (const line of statusLines(health, foldersOf(environment, name).kubeconfig)) {
    reporter.line(line);
  }
  return health.healthy ? 0 : 1;
}

function statusLines(health: ClusterHealth, kubeconfig: string): readonly string[] {
  const { config, components, nodes } = health;
  const kind =
    config.nodes.kind === 'real' ? 'a real node' : `${config.nodes.count} simulated node(s)`;
  const row = ({ name, pid, text }: HealthLine): string =>
    `  ${name.padEnd(24)} ${String(pid ?? '-').padStart(8)}  ${text}`;
  return [
    `cluster ${config.name}: ${kind}, Kubernetes ${config.kubernetesVersion}`,
    `  API server   https://${config.address}:${config.ports.api}`,
    `  this machine ${config.hostAddress}`,
    `  kubeconfig   ${kubeconfig}`,
    'components',
    ...components.map(row),
    'nodes',
    ...(nodes.length === 0 ? ['  none'] : nodes.map(row)),
    health.healthy ? 'healthy' : 'NOT healthy',
  ];
}

async function logs(
  { name, component, follow }: Extract<Command, { kind: 'logs' }>,
  environment: Environment,
): Promise<number> {
  const folders = foldersOf(environment, name);
  const files = await readdir(folders.logs).catch(() => []);
  const names = files.filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -4));
  if (names.length === 0) throw new UserError(`there are no logs of cluster ${name}`);
  if (component !== undefined && !existsSync(logFile(folders, component))) {
    throw new UserError(`no log of "${component}"; there are ${names.join(', ')}`);
  }
  const wanted = (component === undefined ? names : [component]).map((each) =>
    logFile(folders, each),
  );
  const tail = spawn('tail', ['-n', '+1', ...(follow ? ['-F'] : []), ...wanted], {
    stdio: 'inherit',
  });
  const [code] = (await once(tail, 'close')) as [number | null];
  return code ?? 0;
}
