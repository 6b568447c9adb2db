import type { FluentPVC } from '../src/api/fluentpvc.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Clock } from '../src/clock.ts';
import { defaultMarks } from '../src/core/storage-class.ts';
import { createCache, type Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Log } from '../src/log.ts';

/** What the webhook knows without asking: few objects, none of them of a Pod's own. */
export interface WebhookCaches {
  fluentPVCs: Cache<FluentPVC>;
  /** Names and labels only. */
  namespaces: Cache<KubeObject>;
  /** Names, and which one is the default. */
  storageClasses: Cache<KubeObject>;
}

/** `fluentPVCs` is shared with the controllers of the same process. */
export function createWebhookCaches({
  fluentPVCs,
  ...base
}: {
  fluentPVCs: Cache<FluentPVC>;
  client: KubeClient;
  clock: Clock;
  log: Log;
}): WebhookCaches {
  const slim = (kind: 'Namespace' | 'StorageClass'): Cache<KubeObject> =>
    createCache<KubeObject>({ ...base, kind, trim, log: base.log.with({ kind }) });
  return { fluentPVCs, namespaces: slim('Namespace'), storageClasses: slim('StorageClass') };
}

function trim({ apiVersion, kind, metadata }: Stored<KubeObject>): Stored<KubeObject> {
  const { name, uid, resourceVersion, creationTimestamp, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations: defaultMarks(annotations) }),
    },
  };
}
