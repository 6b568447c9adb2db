import { startCluster } from '../e2e/cluster/cluster.ts';
import type { Cluster } from '../e2e/cluster/running-cluster.ts';
import { createKubectl, type Kubectl } from '../e2e/kubectl.ts';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import { systemClock } from '../src/clock.ts';
import { webhookConfigurations } from '../src/core/registration.ts';
import { createClient, type KubeClient } from '../src/kube/client.ts';
import { connect } from '../src/kube/connection.ts';
import { eventually } from '../test/support/eventually.ts';
import type { Report } from './report.ts';
import {
  benchFluentPVC,
  FLOOR_LABELS,
  floorScript,
  FLUENT_PVC,
  NAMESPACE,
  subjects,
} from './shapes.ts';
import {
  ship,
  startFloor,
  startOperator,
  storeCertificate,
  type Serving,
  type ServingOptions,
} from './shipped.ts';

/** A cluster of the bench's own, and what is measured on it. */
export interface Stand {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly kubectl: Kubectl;
  /** How programs are started here. */
  readonly options: ServingOptions;
  /** PEM: whom the API server trusts. */
  readonly ca: string;
}

/** The API server takes note of webhook configurations and CRDs after seconds. */
const NOTICED_MS = 30_000;

/** Starts a cluster with a namespace; `nodes` simulated ones, or for 0 no more than an API server. */
export async function openStand(
  name: string,
  {
    nodes,
    audit = false,
    report,
  }: { readonly nodes: number; readonly audit?: boolean; readonly report: Report },
  parts: AsyncDisposableStack,
): Promise<Stand> {
  const { folder } = report;
  const shipped = await ship(folder);
  const cluster = await startCluster({
    name: `bench-${name}`,
    nodes: { kind: 'kwok', count: nodes },
    apiServerOnly: nodes === 0,
    audit,
  });
  parts.defer(() => cluster.stop());
  const { kubeconfig, hostAddress: host } = cluster;
  const certificate = await storeCertificate(folder, host);
  const connection = await connect({ kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  const client = createClient(connection, 'bench');
  const kubectl = createKubectl(cluster);
  await kubectl('create', 'namespace', NAMESPACE);
  // Without controllers nobody else makes it, and no Pod is taken without it.
  if (nodes === 0) await kubectl('create', 'serviceaccount', 'default', '-n', NAMESPACE);
  report.step(`Kubernetes ${cluster.kubernetesVersion} with ${nodes} simulated nodes`);
  return {
    cluster,
    client,
    kubectl,
    ca: certificate.ca,
    options: { shipped, kubeconfig, certificate: certificate.folder, folder, host },
  };
}

/** The operator as it ships, registered, and a FluentPVC that it knows. */
export async function standOperator(
  { client, options }: Stand,
  command: 'webhook' | 'all',
  nodeFlags: readonly string[],
): Promise<Serving> {
  const operator = await startOperator(command, { ...options, nodeFlags }, ['--register']);
  const ref = { kind: 'FluentPVC', name: FLUENT_PVC } as const;
  await eventually(
    'the FluentPVC to be taken',
    () => client.patch(ref, { type: 'apply', body: benchFluentPVC() }),
    NOTICED_MS,
  );
  await eventually(
    'the operator to be called',
    async () => {
      const { metadata } = await client.create(subjects.operator(1), { dryRun: true });
      return metadata.labels?.[labels.binding];
    },
    NOTICED_MS,
  );
  return operator;
}

/** The floor's webhook for Pods of so many envs, registered as the operator's is. */
export async function standFloor(stand: Stand, envs: number): Promise<Serving> {
  const { client, options } = stand;
  const fluentPVC = await client.get<FluentPVC>({ kind: 'FluentPVC', name: FLUENT_PVC });
  if (fluentPVC === undefined) throw new Error('the operator comes first');
  const floor = await startFloor(options, floorScript(fluentPVC, envs));
  const configuration = floorConfiguration(stand, floor.port);
  const { kind, metadata } = configuration;
  await client.patch(
    { kind: kind as Kind, name: metadata.name ?? '' },
    { type: 'apply', body: configuration },
  );
  await eventually(
    'the floor to be called',
    async () => {
      // One that is replaced may still be asked by some of the API server's connections.
      const { metadata: created } = await client.create(subjects['floor+patch'](1), {
        dryRun: true,
      });
      return created.labels?.[labels.binding];
    },
    NOTICED_MS,
  );
  return floor;
}

/** After the operator's by name, and so in order: what it patches is not for the operator to see. */
function floorConfiguration({ options, ca }: Stand, port: number): KubeObject {
  const [own] = webhookConfigurations({
    instance: 'z-bench-floor',
    client: { url: `https://${options.host}:${port}`, caBundle: ca },
    exemptNamespaces: ['kube-system'],
  });
  const { webhooks = [], ...rest } = own as KubeObject & { webhooks?: Webhook[] };
  const [webhook] = webhooks;
  if (webhook === undefined) throw new Error('there is one for Pods');
  const { clientConfig } = webhook;
  const called = Object.entries(FLOOR_LABELS).map(([path, label]) => ({
    ...webhook,
    name: `${path.replaceAll('/', '')}.bench.example`,
    clientConfig: { ...clientConfig, url: `https://${options.host}:${port}${path}` },
    objectSelector: { matchExpressions: [{ key: label, operator: 'Exists' }] },
  }));
  // Without the labels, by which an operator that starts would take it for another installation.
  return { ...rest, metadata: { name: 'z-bench-floor' }, webhooks: called } as KubeObject;
}

interface Webhook {
  readonly clientConfig: object;
}
