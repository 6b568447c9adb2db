import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot } from '../../test/support/as-root.ts';
import { eventually } from '../../test/support/eventually.ts';
import { createKubectl, execIn, type Kubectl } from '../kubectl.ts';
import { runCli } from './cli.ts';
import { startCluster, type ClusterRequest } from './cluster.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { healthOf } from './health.ts';
import { recordedNamespaces } from './namespaces.ts';
import { endProcesses } from './processes.ts';
import type { Cluster } from './running-cluster.ts';
import { claim, client, job, podWithSidecar, service } from './sample-workload.ts';
import { clusterFolders, readProcesses } from './state.ts';
import { machineState, tracesOf } from './traces.ts';

// A cold cache builds the binaries first, which takes a quarter of an hour on two cores.
jest.setTimeout(30 * 60_000);

let environment: Environment;
let home: string;
let before: string;

beforeAll(async () => {
  // Below /tmp on purpose: a node has a /tmp of its own, and must see its state all the same.
  home = await mkdtemp(join(tmpdir(), 'fluent-pvc-cluster-test-'));
  environment = {
    ...readEnvironment(),
    stateFolder: join(home, 'fluent-pvc-operator', 'clusters'),
  };
  before = await machineState();
});

afterAll(async () => {
  expect(await machineState()).toBe(before);
  await rm(home, { recursive: true, force: true });
});

const folderOf = (name: string): string => clusterFolders(environment.stateFolder, name).root;

async function apply(kubectl: Kubectl, ...objects: readonly object[]): Promise<void> {
  await kubectl.feed('apply', { apiVersion: 'v1', kind: 'List', items: objects });
}

describe('simulated nodes', () => {
  it('are Ready, run Pods with claims, and leave nothing', async () => {
    const cluster = await startCluster({
      name: 'simulated',
      nodes: { kind: 'kwok', count: 3 },
      environment,
    });
    const kubectl = createKubectl(cluster);
    const nodes = await kubectl('get', 'nodes', '--no-headers');
    expect(nodes.match(/ Ready /g)).toHaveLength(3);
    await apply(kubectl, claim, podWithSidecar);
    await kubectl('wait', '--for=condition=Ready', 'pod/app', '--timeout=30s');
    await cluster.stop();
    expect(await tracesOf(folderOf('simulated'))).toEqual([]);
    await cluster.stop();
  });

  it('come anew with each cluster, unless the one that is there shall be used', async () => {
    await using parts = new AsyncDisposableStack();
    const nodes = { kind: 'kwok', count: 0 } as const;
    const start = async (request: Pick<ClusterRequest, 'reuse'>): Promise<Kubectl> => {
      const wanted = { name: 'anew', nodes, apiServerOnly: true, environment, ...request };
      const cluster = await startCluster(wanted);
      parts.defer(() => cluster.stop());
      return createKubectl(cluster);
    };
    const names = (kubectl: Kubectl): Promise<string> => kubectl('get', 'namespace', '-o', 'name');
    const first = await start({});
    await first('create', 'namespace', 'mark');
    expect(await names(await start({ reuse: true }))).toContain('namespace/mark');
    expect(await names(await start({}))).not.toContain('namespace/mark');
  });
});

asRoot('a real node', () => {
  it('runs Pods, volumes, Services and Jobs, beside a second one', async () => {
    const start = (name: string): Promise<Cluster> =>
      startCluster({ name, nodes: { kind: 'real' }, environment });
    const [one, two] = await Promise.all([start('one'), start('two')]);
    expect(one.hostAddress).not.toBe(two.hostAddress);
    const kubectl = createKubectl(one);

    await apply(kubectl, claim, podWithSidecar, service, client);
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
    expect(await kubectl('logs', 'app', '-c', 'sidecar')).toBe('from the sidecar\n');
    const read = await kubectl('exec', 'app', '-c', 'web', '--', 'cat', '/buffer/line');
    expect(read).toBe('from the sidecar\n');
    expect(await fetchFromPod(kubectl, 'http://web.default.svc.cluster.local')).toBe('page\n');
    expect(await fetchFromPod(kubectl, 'http://web')).toBe('page\n');
    await withServer(one.hostAddress, async (url) => {
      expect(await fetchFromPod(kubectl, url)).toBe('this machine');
    });

    expect(await readdir(one.volumes)).toHaveLength(1);
    await kubectl('delete', 'pod', 'app', 'client', '--timeout=10s');
    await apply(kubectl, job);
    await kubectl('wait', '--for=condition=Complete', 'job/drain', '--timeout=60s');
    expect(await kubectl('logs', 'job/drain')).toBe('from the sidecar\n');
    await kubectl('delete', 'job', 'drain', '--timeout=20s');
    const volume = await kubectl('get', 'pv', '-o', 'name');
    await kubectl('delete', 'pvc', 'buffer', '--timeout=20s');
    await kubectl('wait', '--for=delete', volume.trim(), '--timeout=20s');
    expect(await readdir(one.volumes)).toEqual([]);

    await one.stop();
    expect(await tracesOf(folderOf('one'))).toEqual([]);
    const other = clusterFolders(environment.stateFolder, 'two');
    expect(await healthOf(other)).toMatchObject({ healthy: true });
    await two.stop();
    expect(await tracesOf(other.root)).toEqual([]);
  });

  it('is started again over what was left when its init process was killed', async () => {
    const folders = clusterFolders(environment.stateFolder, 'killed');
    const first = await startCluster({ name: 'killed', nodes: { kind: 'real' }, environment });
    const kubectl = createKubectl(first);
    await apply(kubectl, client);
    await kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=60s');
    const namespaces = recordedNamespaces(await readProcesses(folders));
    if (namespaces === undefined) throw new Error('no init process is recorded');
    await endProcesses([namespaces.init], 'SIGKILL');
    expect(await healthOf(folders)).toMatchObject({ healthy: false });
    expect(
      (await runCli(['status', '--name', 'killed'], environment.stateFolder).result).code,
    ).toBe(1);

    const again = await runCli(['up', '--name', 'killed'], environment.stateFolder).result;
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('removed what was left of cluster killed');
    const down = await runCli(['down', '--name', 'killed'], environment.stateFolder).result;
    expect(down).toMatchObject({ code: 0, stdout: 'cluster killed is removed\n' });
    expect(await tracesOf(folders.root)).toEqual([]);
    const twice = await runCli(['down', '--name', 'killed'], environment.stateFolder).result;
    expect(twice).toMatchObject({ code: 0, stdout: 'cluster killed is not there\n' });
  });

  it.each(['has address', 'etcd serves', 'kubelet serves'])(
    'is removed after `up` was killed when it said "%s"',
    async (moment) => {
      const run = runCli(['up', '--name', 'half'], environment.stateFolder, (output) => {
        if (output.includes(moment)) run.child.kill('SIGKILL');
      });
      expect((await run.result).code).toBe(null);
      expect(await tracesOf(folderOf('half'))).not.toEqual([]);
      const down = await runCli(['down', '--name', 'half'], environment.stateFolder).result;
      expect(down).toMatchObject({ code: 0, stderr: '' });
      expect(await tracesOf(folderOf('half'))).toEqual([]);
    },
  );

  it('is removed by `up` itself when that is interrupted', async () => {
    const run = runCli(['up', '--name', 'half'], environment.stateFolder, (output) => {
      if (output.includes('has address')) run.child.kill('SIGINT');
    });
    expect(await run.result).toMatchObject({ code: 1, stderr: 'cluster: interrupted\n' });
    await eventually(
      'an empty machine',
      async () => {
        const left = (await tracesOf(folderOf('half'))).filter((line) => line !== folderOf('half'));
        if (left.length > 0) throw new Error(left.join(', '));
        return true;
      },
      1000,
    );
    await runCli(['down', '--name', 'half'], environment.stateFolder).result;
  });
});

/** kube-proxy writes its rules a moment after the endpoint is ready. */
function fetchFromPod(kubectl: Kubectl, url: string): Promise<string> {
  const where = { pod: 'client', container: 'client' };
  return eventually(
    `an answer from ${url}`,
    () => execIn(kubectl, where, 'wget', '-qO-', url),
    20_000,
  );
}

async function withServer(address: string, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.end('this machine'));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  try {
    await work(`http://${address}:${bound.port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
