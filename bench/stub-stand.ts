import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../e2e/cluster/free-ports.ts';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { API_VERSION } from '../src/api/names.ts';
import type { Stored } from '../src/api/object.ts';
import type { Subject } from './load.ts';
import { profiled, startProgram, type Program } from './program.ts';
import type { Report } from './report.ts';
import { createReviewer } from './reviews.ts';
import { benchFluentPVC, floorScript, subjects } from './shapes.ts';
import { ship, startFloor, startOperator, storeCertificate, type Serving } from './shipped.ts';
import type { Asked } from './stub-api.ts';

/** Webhooks with a stub for the API server: no cluster is needed, and only their own work is measured. */
export interface StubStand {
  readonly operator: Serving;
  /** The floor for Pods of so many envs. */
  floor(envs: number): Promise<Serving>;
  /** AdmissionReviews of such a Pod, sent to that program. */
  reviewed(program: Serving, envs: number): Subject;
  /** What the stub was asked for since this was asked last. */
  asked(): Promise<Asked>;
}

const HOST = '127.0.0.1';

export async function openStubStand(
  report: Report,
  profile: string,
  parts: AsyncDisposableStack,
): Promise<StubStand> {
  const { folder } = report;
  const shipped = await ship(folder);
  const { ca, folder: certificate } = await storeCertificate(folder, HOST);
  const fluentPVC = stored(benchFluentPVC());
  const { server, stub } = await startStub(folder, fluentPVC);
  parts.defer(() => stub.kill());
  const kubeconfig = await storeKubeconfig(folder, server);
  const options = { shipped, kubeconfig, certificate, folder, host: HOST };
  const nodeFlags = profiled(profile, folder);
  const operator = await startOperator('webhook', { ...options, nodeFlags });
  parts.defer(() => operator.end());
  return {
    operator,
    async floor(envs) {
      const floor = await startFloor(options, floorScript(fluentPVC, envs));
      parts.defer(() => floor.kill());
      return floor;
    },
    reviewed(program, envs) {
      const pod = subjects.operator(envs);
      const reviewer = createReviewer({ port: program.port, ca, pod, dryRun: false });
      parts.defer(() => reviewer.close());
      return { request: reviewer.review, program };
    },
    asked: async () => (await (await fetch(`${server}/asked`)).json()) as Asked,
  };
}

function stored(fluentPVC: FluentPVC): Stored<FluentPVC> {
  const { name = '' } = fluentPVC.metadata;
  const creationTimestamp = '2026-01-01T00:00:00Z';
  return { ...fluentPVC, metadata: { name, uid: 'uid', resourceVersion: '1', creationTimestamp } };
}

async function startStub(
  folder: string,
  fluentPVC: Stored<FluentPVC>,
): Promise<{ server: string; stub: Program }> {
  const [port = 0] = await freePorts(HOST, 1);
  const known = join(folder, 'stub-known.json');
  const list = { apiVersion: API_VERSION, kind: 'FluentPVCList', items: [fluentPVC] };
  await writeFile(known, JSON.stringify({ fluentpvcs: list }));
  const server = `http://${HOST}:${port}`;
  const stub = await startProgram({
    file: join(import.meta.dirname, 'stub-api.ts'),
    args: [`--port=${port}`, `--known=${known}`],
    logFile: join(folder, 'stub-api.log'),
    isReady: async () => (await fetch(`${server}/version`)).ok,
  });
  return { server, stub };
}

async function storeKubeconfig(folder: string, server: string): Promise<string> {
  const file = join(folder, 'stub.kubeconfig');
  const named = { name: 'stub' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    // Plain HTTP is only taken with this.
    clusters: [{ ...named, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ ...named, user: {} }],
    contexts: [{ ...named, context: { cluster: 'stub', user: 'stub' } }],
    'current-context': 'stub',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}
