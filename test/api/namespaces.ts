import type { KubeObject } from '../../src/api/object.ts';
import { isDeleting } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import type { Api } from './harness.ts';
import { remove } from './requests.ts';

/*
 * How a namespace comes, and how it goes where there are no nodes.
 */

/** Makes the namespace, and waits until it takes Pods. */
export async function makeNamespace(
  api: Pick<Api, 'client' | 'http'>,
  name: string,
): Promise<void> {
  await api.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await takesPods(api, name);
}

/** Waits until the namespace takes Pods: it has the ServiceAccount that they run as. */
export async function takesPods({ http }: Pick<Api, 'http'>, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await eventually(`the ServiceAccount of namespace ${name}`, () =>
    http.ask({ method: 'GET', path }),
  );
}

/** Asks for its deletion, and does not wait for it. */
export async function deleteNamespace({
  client,
  namespace: name,
}: Pick<Api, 'client' | 'namespace'>): Promise<void> {
  await remove({ client }, { kind: 'Namespace', name });
}

/** Waits until the namespace is gone. */
export async function goneNamespace(from: Api, timeoutMs = 45_000): Promise<void> {
  const { client, namespace: name } = from;
  await eventually(
    `namespace ${name} to go`,
    async () => {
      await collectPods(from);
      const found = await client.get({ kind: 'Namespace', name });
      if (found !== undefined) throw new Error(JSON.stringify(found));
      return true;
    },
    timeoutMs,
  );
}

/** The garbage collector of Pods, which this cluster has not: what never had a node has failed. */
async function collectPods({ client, namespace }: Api): Promise<void> {
  const { items } = await client.list<Pod>('Pod', { namespace });
  for (const { metadata, status: { phase } = {} } of items) {
    if (!isDeleting({ metadata }) || phase !== 'Pending') continue;
    const body = { status: { phase: 'Failed' } };
    const pod = { kind: 'Pod', namespace, name: metadata.name } as const;
    await client.patch(pod, { type: 'merge', subresource: 'status', body });
  }
}

/** What Events say of an object of the cluster, each as `REASON: NOTE`. */
export async function eventsOn(
  { client }: Pick<Api, 'client'>,
  kind: 'Namespace' | 'FluentPVC',
  name: string,
): Promise<string[]> {
  const fieldSelector = `regarding.kind=${kind},regarding.name=${name}`;
  const { items } = await client.list<KubeObject & { reason: string; note: string }>('Event', {
    namespace: 'default',
    fieldSelector,
  });
  return items.map(({ reason, note }) => `${reason}: ${note}`);
}
