import { API_VERSION, annotations, finalizers, labels } from '../../src/api/names.ts';
import type { KubeObject, ObjectMeta } from '../../src/api/object.ts';
import type { Kind } from '../../src/api/resources.ts';
import { systemClock } from '../../src/clock.ts';
import { guards, type GuardOptions } from '../../src/core/guards.ts';
import { ownAccount } from '../../src/kube/account.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { createLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { container } from '../support/manifests.ts';
import { openApi, type Api } from './harness.ts';
import { deleteNamespace, makeNamespace } from './namespaces.ts';
import { dryRun } from './requests.ts';

/** An API server with guards, and no operator: nobody but the test acts on what is guarded. */
export interface Guarded {
  /** By the account of the operator. */
  api: Api;
  /** By that of somebody else, who may do all that RBAC can allow. */
  user: Api;
  /** A namespace that the guards leave alone. */
  exempt: string;
  /** Applies the guards anew, with other options. */
  apply(options: Partial<GuardOptions>): Promise<void>;
}

/** A condition of a user's that cannot be evaluated; who asks is told "no such key". */
export const FAILING = [
  { name: 'fails', expression: '{"GET": "read"}[request.operation] == "read"' },
];

const POLICIES = 'validatingadmissionpolicybindings,validatingadmissionpolicies';
const INSTANCE = 'guards-test';

/** The API server for a user who is not the operator and may do everything. */
export async function openUser(api: Api): Promise<Api> {
  const name = 'mallory';
  await api.kubectl.feed('apply', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  });
  const user = api.as(name);
  await eventually('the role of the user', () => user.client.list('Node', {}));
  return user;
}

/** Until `parts` are closed. */
export async function openGuarded(parts: AsyncDisposableStack): Promise<Guarded> {
  const api = await openApi(parts);
  const { signal } = new AbortController();
  const log = createLog({ level: 'error' });
  await applyCRDs({ client: api.client, clock: systemClock, log, signal });
  const user = await openUser(api);
  const exempt = `${api.namespace}-exempt`;
  await makeNamespace(api, exempt);
  parts.defer(async () => {
    await removeAll(api);
    await deleteNamespace(api);
    await deleteNamespace({ ...api, namespace: exempt });
  });
  const account = await ownAccount(api.client, signal);
  const apply = async (options: Partial<GuardOptions>): Promise<void> => {
    const objects = guards({
      instance: INSTANCE,
      accounts: [account],
      exemptNamespaces: ['kube-system', exempt],
      webhookFailurePolicy: 'Fail',
      ...options,
    });
    for (const body of objects) {
      const ref = { kind: body.kind as Kind, name: body.metadata.name ?? '' };
      await api.client.patch(ref, { type: 'apply', body });
    }
  };
  parts.defer(async () => {
    await api.kubectl('delete', POLICIES, '-l', `app.kubernetes.io/instance=${INSTANCE}`);
  });
  await apply({});
  await guarded(user, INSTANCE);
  return { api, user, exempt, apply };
}

/** What is left would be an order to the operators of other tests: finalizers go, in that namespace. */
export async function removeAll({
  client,
  namespace,
}: Pick<Api, 'client' | 'namespace'>): Promise<void> {
  for (const kind of ['FluentPVCBinding', 'PersistentVolumeClaim'] as const) {
    // Who has just changed a CustomResourceDefinition is asked to wait (429).
    const { items } = await eventually(`a list of ${kind}`, () => client.list(kind, { namespace }));
    for (const { metadata } of items) {
      const body = { metadata: { finalizers: null } };
      const ref = { kind, namespace: metadata.namespace, name: metadata.name };
      await client.patch(ref, { type: 'merge', body });
    }
  }
}

/**
 * Waits until the API server holds the guards of that instance, for that user; it looks at all policies
 * in the order they came in.
 */
export async function guarded(user: Api, instance: string): Promise<void> {
  const pod = podWith({ namespace: user.namespace, annotations: { [annotations.injected]: '{}' } });
  await eventually('the guards', async () => {
    const said = await dryRun(user).create(pod).then(String, String);
    return said.includes(`ValidatingAdmissionPolicy '${instance}-pods'`);
  });
}

export function podWith(metadata: ObjectMeta, spec: object = {}): KubeObject & { spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'app-', ...metadata },
    spec: { containers: [container('app')], ...spec },
  };
}

/** What the webhook puts on a claim and a binding. */
function marked(namespace: string, name: string): ObjectMeta {
  return {
    name,
    namespace,
    labels: { [labels.fluentPVC]: 'logs', [labels.binding]: name },
    annotations: { [annotations.admissionId]: 'request' },
  };
}

export function claimWith(
  namespace: string,
  name: string,
  metadata: ObjectMeta = {},
): KubeObject & { spec: object } {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...marked(namespace, name), finalizers: [finalizers.claim], ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
  };
}

export function bindingWith(
  namespace: string,
  name: string,
  metadata: ObjectMeta = {},
): KubeObject & { spec: object } {
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: { ...marked(namespace, name), ...metadata },
    spec: {
      fluentPVC: { name: 'logs', uid: 'u' },
      pod: { name: 'app', uid: '' },
      pvc: { name, uid: 'claim-uid' },
      // The largest there is: looking at it must not cost more than the API server allows.
      snapshot: 'x'.repeat(65_536),
    },
  };
}

/** The record of it. */
export const RECORD = JSON.stringify({
  fluentPVC: 'logs',
  sidecar: 'shipper',
  volumes: [],
  envs: [],
});

/** A Pod as the webhook leaves it, without what is `undefined` in `change`. */
export function injectedPod(
  on: Guarded,
  change: {
    labels?: object;
    annotations?: object;
    spec?: object;
    namespace?: string;
    name?: string;
  } = {},
): KubeObject {
  return podWith(
    {
      namespace: change.namespace ?? on.api.namespace,
      ...(change.name === undefined ? {} : { name: change.name }),
      labels: {
        [labels.fluentPVC]: 'logs',
        [labels.binding]: 'claim-1',
        ...change.labels,
      },
      annotations: { [annotations.injected]: RECORD, ...change.annotations },
    },
    {
      volumes: [{ name: 'buffer', persistentVolumeClaim: { claimName: 'claim-1' } }],
      containers: [container('app')],
      initContainers: [{ ...container('shipper'), restartPolicy: 'Always' }],
      ...change.spec,
    },
  );
}
