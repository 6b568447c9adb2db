import type { Stored } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import type { Secret } from '../src/api/secret.ts';
import type { Clock } from '../src/clock.ts';
import { createCache, type Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Log } from '../src/log.ts';
import type { Configuration } from './ca-bundle.ts';
import type { SecretOf } from './certificate-secret.ts';

/** The three objects that a certificate of our own is about, each watched by its name. */
export interface CertificateCaches {
  certificateSecret: Cache<Secret>;
  mutatingConfiguration: Cache<Configuration>;
  validatingConfiguration: Cache<Configuration>;
}

/** Nothing starts before `start` of each. */
export function createCertificateCaches(
  { namespace, name, instance }: SecretOf,
  { client, clock, log }: { client: KubeClient; clock: Clock; log: Log },
): CertificateCaches {
  const watched = <K extends Kind>(kind: K) =>
    ({ kind, client, clock, log: log.with({ kind }) }) as const;
  const configuration = (kind: Kind): Cache<Configuration> =>
    createCache({
      ...watched(kind),
      fieldSelector: `metadata.name=${instance}`,
      trim: trimConfiguration,
    });
  return {
    certificateSecret: createCache({
      ...watched('Secret'),
      namespace,
      fieldSelector: `metadata.name=${name}`,
      trim: trimSecret,
    }),
    mutatingConfiguration: configuration('MutatingWebhookConfiguration'),
    validatingConfiguration: configuration('ValidatingWebhookConfiguration'),
  };
}

function trimSecret({ apiVersion, kind, metadata, data = {} }: Stored<Secret>): Stored<Secret> {
  const { labels = {}, annotations = {} } = metadata;
  return { apiVersion, kind, metadata: { ...named(metadata), labels, annotations }, data };
}

/** Indexes of webhooks stay: patches name them. */
function trimConfiguration(configuration: Stored<Configuration>): Stored<Configuration> {
  const { apiVersion, kind, metadata, webhooks = [] } = configuration;
  return {
    apiVersion,
    kind,
    metadata: named(metadata),
    webhooks: webhooks.map(({ name, clientConfig: { caBundle } }) => ({
      name,
      clientConfig: caBundle === undefined ? {} : { caBundle },
    })),
  };
}

function named({
  name,
  namespace,
  uid,
  resourceVersion,
  creationTimestamp,
}: Stored<Secret>['metadata']): Stored<Secret>['metadata'] {
  const where = namespace === undefined ? {} : { namespace };
  return { name, ...where, uid, resourceVersion, creationTimestamp };
}
