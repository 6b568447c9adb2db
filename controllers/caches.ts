import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import type { Job } from '../src/api/job.ts';
import { DRAINED, finalizers, labels } from '../src/api/names.ts';
import { hasFinalizer, type KubeObject, type ObjectKey, type Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import { createCache, type Cache, type CacheOptions } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { joinCaches } from '../src/kube/joined-cache.ts';
import type { Log } from '../src/log.ts';
import { trimBinding, trimClaim, trimJob, trimNamespace, trimPod } from './trim.ts';

/** Everything that the controllers watch. Of what people make, nothing without a label of ours. */
export interface Caches {
  /** Names, labels, and which of them go. */
  namespaces: Cache<KubeObject>;
  fluentPVCs: Cache<FluentPVC>;
  /** Indexed by the uid of their FluentPVC. */
  bindings: Cache<Binding>;
  /** Those that are not drained and kept, indexed by the name of the FluentPVC that they need. */
  claims: Cache<Claim>;
  /** Indexed by the key of their binding. */
  pods: Cache<Pod>;
  jobs: Cache<Job>;
  /** Pods of finalizer Jobs, indexed by the key of their binding. */
  jobPods: Cache<Pod>;
}

/** The key of the binding that an object names in a label. */
export function bindingKeyBy(label: string): (object: Stored<KubeObject>) => ObjectKey | undefined {
  return ({ metadata }) => {
    const name = metadata.labels?.[label];
    return name === undefined ? undefined : `${metadata.namespace ?? ''}/${name}`;
  };
}

/**
 * The name of the FluentPVC that a claim needs: where its binding is lost, that is made anew from it.
 * `undefined` for one without our finalizer, which is over.
 */
export function fluentPVCNeededBy(claim: Stored<Claim>): string | undefined {
  const { labels: own = {} } = claim.metadata;
  return hasFinalizer(claim, finalizers.claim) ? own[labels.fluentPVC] : undefined;
}

/** One that is kept costs nothing any more: its watch ends with the label. */
export const UNDRAINED = `${labels.binding},${labels.state}!=${DRAINED}`;

export function createCaches({
  namespaces,
  ...base
}: {
  client: KubeClient;
  clock: Clock;
  log: Log;
  /** Only of these, of what is in namespaces; `undefined`: of all. */
  namespaces: readonly string[] | undefined;
}): Caches {
  const options = <K extends string>(kind: K) => ({ ...base, kind, log: base.log.with({ kind }) });
  const ofAll = <T extends KubeObject>(one: CacheOptions<T>): Cache<T> => {
    if (namespaces === undefined) return createCache(one);
    const parts = namespaces.map((namespace): [string, Cache<T>] => [
      namespace,
      createCache({ ...one, namespace, log: one.log.with({ namespace }) }),
    ]);
    return joinCaches(new Map(parts));
  };
  return {
    namespaces: createCache<KubeObject>({ ...options('Namespace'), trim: trimNamespace }),
    fluentPVCs: createCache<FluentPVC>({ ...options('FluentPVC'), trim: (object) => object }),
    bindings: ofAll<Binding>({
      ...options('FluentPVCBinding'),
      trim: trimBinding,
      index: (binding) => binding.spec.fluentPVC.uid,
    }),
    claims: ofAll<Claim>({
      ...options('PersistentVolumeClaim'),
      labelSelector: UNDRAINED,
      trim: trimClaim,
      index: fluentPVCNeededBy,
    }),
    pods: ofAll<Pod>({
      ...options('Pod'),
      labelSelector: labels.binding,
      trim: trimPod,
      index: bindingKeyBy(labels.binding),
    }),
    jobs: ofAll<Job>({
      ...options('Job'),
      labelSelector: labels.finalizerJobOf,
      trim: trimJob,
    }),
    jobPods: ofAll<Pod>({
      ...options('Pod'),
      labelSelector: labels.finalizerJobOf,
      trim: trimPod,
      index: bindingKeyBy(labels.finalizerJobOf),
    }),
  };
}
