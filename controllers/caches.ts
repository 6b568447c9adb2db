import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import type { Job } from '../src/api/job.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject, ObjectKey, Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Clock } from '../src/clock.ts';
import { createCache, type Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Log } from '../src/log.ts';
import { trimBinding, trimClaim, trimJob, trimPod } from './trim.ts';

/** Everything that the controllers watch. Nothing without a label of ours is ever read. */
export interface Caches {
  fluentPVCs: Cache<FluentPVC>;
  /** Indexed by the uid of their FluentPVC. */
  bindings: Cache<Binding>;
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

export function createCaches(base: { client: KubeClient; clock: Clock; log: Log }): Caches {
  const options = <K extends string>(kind: K) => ({ ...base, kind, log: base.log.with({ kind }) });
  return {
    fluentPVCs: createCache<FluentPVC>({ ...options('FluentPVC'), trim: (object) => object }),
    bindings: createCache<Binding>({
      ...options('FluentPVCBinding'),
      trim: trimBinding,
      index: (binding) => binding.spec.fluentPVC.uid,
    }),
    claims: createCache<Claim>({
      ...options('PersistentVolumeClaim'),
      labelSelector: labels.binding,
      trim: trimClaim,
    }),
    pods: createCache<Pod>({
      ...options('Pod'),
      labelSelector: labels.binding,
      trim: trimPod,
      index: bindingKeyBy(labels.binding),
    }),
    jobs: createCache<Job>({
      ...options('Job'),
      labelSelector: labels.finalizerJobOf,
      trim: trimJob,
    }),
    jobPods: createCache<Pod>({
      ...options('Pod'),
      labelSelector: labels.finalizerJobOf,
      trim: trimPod,
      index: bindingKeyBy(labels.finalizerJobOf),
    }),
  };
}
