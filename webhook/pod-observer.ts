import type { Binding } from '../src/api/binding.ts';
import type { FluentPVC, OperatorDefaults } from '../src/api/fluentpvc.ts';
import { selects } from '../src/api/label-selector.ts';
import { labels } from '../src/api/names.ts';
import { isDeleting, type KubeObject, type Stored } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import { askedStorageClass } from '../src/core/override.ts';
import type { Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { WebhookCaches } from './caches.ts';
import type { Arrival, PodObservation } from './pod-plan.ts';

/** A labelled Pod that somebody wants to create. */
export interface PodRequest {
  uid: string;
  namespace: string;
  pod: Pod;
}

/** Throws ApiError and ApiUnreachable. */
export type PodObserver = (request: PodRequest, signal: AbortSignal) => Promise<PodObservation>;

/**
 * Gathers what the decision on a Pod depends on, from caches. The API is read only before a denial
 * (what the cache lacks may have been made a moment ago) and for a Pod that arrives with the label of
 * a binding.
 */
export function createPodObserver(options: {
  caches: { [Name in keyof WebhookCaches]: Pick<WebhookCaches[Name], 'get'> };
  client: Pick<KubeClient, 'get' | 'list'>;
  clock: Clock;
  defaults: OperatorDefaults;
}): PodObserver {
  const { caches, client, clock, defaults } = options;

  const find = async <T extends KubeObject>(
    kind: Kind,
    cache: Pick<Cache<T>, 'get'>,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<Stored<T> | undefined> => {
    if (name === undefined || !isName(name)) return undefined;
    const cached = cache.get(name);
    if (cached !== undefined && !isDeleting(cached)) return cached;
    return client.get<T>({ kind, name }, { signal });
  };

  const namespaceLabels = async (
    fluentPVC: Stored<FluentPVC> | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<Record<string, string> | undefined> => {
    const selector = fluentPVC?.spec.namespaceSelector;
    if (selector === undefined) return undefined;
    const cached = caches.namespaces.get(name)?.metadata.labels;
    if (selects(selector, cached)) return cached;
    return (await client.get({ kind: 'Namespace', name }, { signal }))?.metadata.labels;
  };

  const arrival = async (
    { pod, namespace }: PodRequest,
    signal: AbortSignal,
  ): Promise<Arrival | undefined> => {
    const name = pod.metadata.labels?.[labels.binding];
    if (name === undefined) return undefined;
    if (!isName(name)) return { binding: undefined, taken: false };
    const ref = { kind: 'FluentPVCBinding', namespace, name } as const;
    const labelSelector = `${labels.binding}=${name}`;
    const [binding, pods] = await Promise.all([
      client.get<Binding>(ref, { signal }),
      client.list<Pod>('Pod', { namespace, labelSelector, limit: 1 }, { signal }),
    ]);
    return { binding, taken: pods.items.length > 0 };
  };

  return async (request, signal) => {
    const { uid, namespace, pod } = request;
    const name = pod.metadata.labels?.[labels.fluentPVC];
    const storageClass = askedStorageClass(pod.metadata);
    const fluentPVC = await find('FluentPVC', caches.fluentPVCs, name, signal);
    const classes = caches.storageClasses;
    return {
      now: clock.now(),
      request: { uid, namespace },
      pod,
      fluentPVC,
      namespaceLabels: await namespaceLabels(fluentPVC, namespace, signal),
      storageClassExists: (await find('StorageClass', classes, storageClass, signal)) !== undefined,
      arrival: await arrival(request, signal),
      defaults,
    };
  };
}

/** Nobody has checked it yet. An empty one would ask for the list of all, `..` for something else. */
function isName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name);
}
