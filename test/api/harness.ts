import { hostname } from 'node:os';
import { run } from '../../src/app.ts';
import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { createClient, type KubeClient } from '../../src/kube/client.ts';
import { connect, type Connection } from '../../src/kube/connection.ts';
import { createHttp, type Http } from '../../src/kube/http.ts';
import type { Lease } from '../../src/kube/lease.ts';
import { createLog } from '../../src/log.ts';
import { createKubectl, type Kubectl } from '../../e2e/kubectl.ts';
import { eventually } from '../support/eventually.ts';
import { makeNamespace } from './namespaces.ts';

/** A real API server, with a namespace of this test file's own in it. */
export interface Api {
  kubeconfig: string;
  client: KubeClient;
  /** For kinds that the client does not know, and for what it does not ask. */
  http: Http;
  /**
   * In `namespace`, unless a flag says otherwise. Where it is not about what people type and read, the
   * client does the same for far less CPU.
   */
  kubectl: Kubectl;
  namespace: string;
  /** The same API server by the rights of that user. */
  as(user: string): Api;
}

/**
 * Connects to the API server that test/main.ts has started for this stage, until `parts` are
 * closed.
 */
export async function openApi(parts: AsyncDisposableStack): Promise<Api> {
  const { TEST_KUBECTL: path, JEST_WORKER_ID: worker = '' } = process.env;
  const kubeconfig = process.env[`TEST_KUBECONFIG_${worker}`];
  if (kubeconfig === undefined || path === undefined) {
    throw new Error('run the API tests with `npm run test:api [-- PATTERN]`');
  }
  const connection = await connect({ kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  const namespace = `test-${Date.now().toString(36)}`;
  const kubectl = createKubectl({ kubectl: path, kubeconfig, namespace });
  const api = apiOver(connection, { kubeconfig, kubectl, namespace });
  await makeNamespace(api, namespace);
  return api;
}

function apiOver(
  connection: Connection,
  base: Pick<Api, 'kubeconfig' | 'kubectl' | 'namespace'>,
): Api {
  return {
    ...base,
    client: createClient(connection, 'test'),
    http: createHttp(connection, 'test'),
    as: (user) =>
      apiOver(impersonating(connection, user), {
        ...base,
        kubectl: withFlags(base.kubectl, `--as=${user}`),
      }),
  };
}

function impersonating(connection: Connection, user: string): Connection {
  return {
    ...connection,
    async authenticated() {
      const { dispatcher, headers } = await connection.authenticated();
      return { dispatcher, headers: { ...headers, 'impersonate-user': user } };
    },
  };
}

function withFlags(kubectl: Kubectl, ...flags: readonly string[]): Kubectl {
  return Object.assign((...args: readonly string[]) => kubectl(...flags, ...args), {
    feed: (...args: [...flags: string[], object: object]) => kubectl.feed(...flags, ...args),
  });
}

/** The same with an operator that leads. */
export async function openApiWithOperator(
  parts: AsyncDisposableStack,
  flags: readonly string[] = [],
): Promise<Api> {
  const api = await openApi(parts);
  const operator = await startOperator(api, flags);
  parts.defer(() => operator.stop());
  return api;
}

/** An operator of this checkout, in this process. */
export interface Operator {
  /** As SIGTERM does; throws what the operator threw. */
  stop(): Promise<void>;
  /** Rejects when the operator ends by itself with a fault. */
  ended: Promise<void>;
}

export const OPERATOR_FLAGS = [
  'all',
  '--register',
  '--bind-address=127.0.0.1',
  '--webhook-port=0',
  '--metrics-port=0',
  '--log-level=error',
];

/** Starts the operator as `npm run operator` does and waits until it leads. */
export async function startOperator(
  api: Api,
  flags: readonly string[] = [],
  clock: Clock = systemClock,
): Promise<Operator> {
  const invocation = readConfig(
    '0.0.0-test',
    [...OPERATOR_FLAGS, `--kubeconfig=${api.kubeconfig}`, ...flags],
    {},
  );
  if (!('config' in invocation)) throw new Error('runs no operator');
  const { config } = invocation;
  const stop = new AbortController();
  const log = createLog({ level: config.logLevel });
  const ended = run(config, { clock, log, version: '0.0.0-test' }, stop.signal);
  ended.catch(() => undefined);
  const lease = { kind: 'Lease', namespace: config.namespace, name: config.instance } as const;
  const leads = eventually(
    'the operator to lead',
    async () => {
      const found = await api.client.get<Lease>(lease);
      return found?.spec.holderIdentity?.startsWith(`${hostname()}_${process.pid}_`);
    },
    30_000,
  );
  try {
    await Promise.race([leads, ended]);
  } catch (thrown) {
    stop.abort();
    await ended.catch(() => undefined);
    throw thrown;
  }
  return {
    ended,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

/** Name of the binding that a stored Pod belongs to. */
export function bindingNameOf(pod: Stored<Pod>): string {
  const name = pod.metadata.labels?.[labels.binding];
  if (name === undefined) throw new Error(`Pod ${pod.metadata.name} has no binding label`);
  return name;
}

/** The claim of that name, which is the name of its binding, too. */
export function claimOf(api: Api, name: string): Promise<Stored<Claim> | undefined> {
  const { namespace } = api;
  return api.client.get<Claim>({ kind: 'PersistentVolumeClaim', namespace, name });
}

/** Waits until the binding is there and the probe likes it. */
export function bindingWhere(
  api: Api,
  name: string,
  what: string,
  probe: (binding: Stored<Binding>) => boolean,
  timeoutMs?: number,
): Promise<Stored<Binding>> {
  const ref = { kind: 'FluentPVCBinding', namespace: api.namespace, name } as const;
  const look = async (): Promise<Stored<Binding>> => {
    const binding = await api.client.get<Binding>(ref);
    if (binding === undefined) throw new Error('no binding');
    if (!probe(binding)) throw new Error(JSON.stringify(binding.status ?? {}));
    return binding;
  };
  return eventually(`binding ${name}: ${what}`, look, timeoutMs);
}
