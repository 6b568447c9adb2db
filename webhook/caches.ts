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
  /** Their labels. */
  namespaces: Cache<KubeObject>;
  /** Names, and which one is the default. */
  storageClasses: Cache<KubeObject>;
}

/** `fluentPVCs` and `namespaces` are shared with the controllers of the same process. */
export function createWebhookCaches({
  fluentPVCs,
  namespaces,
  client,
  clock,
  log,
}: {
  fluentPVCs: Cache<FluentPVC>;
  namespaces: Cache<KubeObject>;
  client: KubeClient;
  clock: Clock;
  log: Log;
}): WebhookCaches {
  const kind = 'StorageClass';
  const options = { kind, trim, client, clock, log: log.with({ kind }) } as const;
  return { fluentPVCs, namespaces, storageClasses: createCache<KubeObject>(options) };
}

function trim({ apiVersion, kind, metadata }: Stored<KubeObject>): Stored<KubeObject> {
  const { name, uid, resourceVersion, creationTimestamp, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(annotations === undefined ? {} : { annotations: defaultMarks(annotations) }),
    },
  };
}
