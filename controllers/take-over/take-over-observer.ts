import type { Claim } from '../../src/api/claim.ts';
import type { Job } from '../../src/api/job.ts';
import { finalizers, GROUP, labels } from '../../src/api/names.ts';
import {
  createdAt,
  hasFinalizer,
  keyOf,
  type KubeObject,
  type Stored,
} from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { Kind, ObjectRef } from '../../src/api/resources.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Caches } from '../caches.ts';
import type { Beginning } from './take-over-fluentpvc.ts';
import { isIncomplete, type LeftObservation } from './take-over-plan.ts';

/** What the original operator may have left. */
export type Sight = Pick<LeftObservation, 'bindings' | 'claims' | 'jobs' | 'pods'>;

const PAGE_SIZE = 500;

/**
 * One paged list of claims and one of Jobs, of those without our label; and, where a binding has to be
 * completed, one of the Pods that name a binding, whole: the cache keeps too little of them.
 *
 * @throws Error where the API server would not keep what a binding gets
 */
export async function lookForLeft(
  client: KubeClient,
  caches: Pick<Caches, 'bindings'>,
  namespaces: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Sight> {
  const list = <T extends KubeObject>(
    kind: Kind,
    labelSelector: string,
    keep: (object: Stored<T>) => boolean,
  ): Promise<Stored<T>[]> =>
    listAll(client, kind, { labelSelector, namespaces: namespaces ?? [undefined] }, keep, signal);
  const [claims, jobs] = await Promise.all([
    list<Claim>(
      'PersistentVolumeClaim',
      `!${labels.binding}`,
      (claim) =>
        hasFinalizer(claim, finalizers.claim) ||
        caches.bindings.get(keyOf(claim.metadata)) !== undefined,
    ),
    list<Job>('Job', `!${labels.finalizerJobOf}`, ({ metadata }) =>
      (metadata.ownerReferences ?? []).some(({ apiVersion }) => apiVersion.startsWith(`${GROUP}/`)),
    ),
  ]);
  const bindings = [...caches.bindings.values()];
  const wanted = new Set(bindings.filter(isIncomplete).map(({ metadata }) => keyOf(metadata)));
  if (wanted.size === 0) return { bindings, claims, jobs, pods: [] };
  await demandOurDefinition(client, signal);
  const pods = await list<Pod>('Pod', labels.binding, ({ metadata }) =>
    wanted.has(`${metadata.namespace ?? ''}/${metadata.labels?.[labels.binding] ?? ''}`),
  );
  return { bindings, claims, jobs, pods };
}

/** Since when this program leads, by its Lease; `undefined` where that cannot be told. */
export async function beginningOf(
  client: KubeClient,
  lease: ObjectRef,
  signal: AbortSignal,
): Promise<Beginning | undefined> {
  const [own, found] = await Promise.all([
    client.get<KubeObject>(lease, { signal }),
    client.get<KubeObject>(definition('fluentpvcs'), { signal }),
  ]);
  if (own === undefined || found === undefined) return undefined;
  return { firstLedAt: createdAt(own), definitionChanged: (found.metadata.generation ?? 1) > 1 };
}

function definition(plural: string): ObjectRef {
  return { kind: 'CustomResourceDefinition', name: `${plural}.${GROUP}` };
}

interface Definition extends KubeObject {
  spec?: { versions?: { schema?: { openAPIV3Schema?: ObjectSchema } }[] };
}

interface ObjectSchema {
  properties?: Record<string, ObjectSchema>;
}

/** By the original's, a snapshot would be dropped, and nobody would hear of it. */
async function demandOurDefinition(client: KubeClient, signal: AbortSignal): Promise<void> {
  const ref = definition('fluentpvcbindings');
  const found = await client.get<Definition>(ref, { signal });
  const keepsSnapshot = (found?.spec?.versions ?? []).some(
    ({ schema }) => schema?.openAPIV3Schema?.properties?.spec?.properties?.snapshot !== undefined,
  );
  if (keepsSnapshot) return;
  throw new Error(
    `CustomResourceDefinition "${ref.name}" is the original operator's, which drops what a drain ` +
      `needs: apply the ones of this version`,
  );
}

/** Those to keep, page by page: the others may be many, and are none of our business. */
async function listAll<T extends KubeObject>(
  client: KubeClient,
  kind: Kind,
  {
    labelSelector,
    namespaces,
  }: { labelSelector: string; namespaces: readonly (string | undefined)[] },
  keep: (object: Stored<T>) => boolean,
  signal: AbortSignal,
): Promise<Stored<T>[]> {
  const kept: Stored<T>[] = [];
  for (const namespace of namespaces) {
    let next: string | undefined;
    do {
      const from = next === undefined ? {} : { continue: next };
      const where = namespace === undefined ? {} : { namespace };
      const list = { labelSelector, limit: PAGE_SIZE, ...where, ...from };
      const page = await client.list<T>(kind, list, { signal });
      kept.push(...page.items.filter(keep));
      next = page.continue;
    } while (next !== undefined);
  }
  return kept;
}
