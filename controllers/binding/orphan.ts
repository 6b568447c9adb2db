import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { OperatorDefaults } from '../../src/api/fluentpvc.ts';
import { API_VERSION, labels } from '../../src/api/names.ts';
import { createdAt, type KubeObject, type ObjectKey, type Stored } from '../../src/api/object.ts';
import { mountsClaim, type Pod } from '../../src/api/pod.ts';
import type { Kind } from '../../src/api/resources.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { CreateRefusal } from '../../src/kube/create-refusal.ts';
import type { Caches } from '../caches.ts';
import { MAY_ARRIVE_MS } from './in-use/in-use-plan.ts';
import type { LeaveObserver } from './rescue/leave-observer.ts';
import { isInUse, leavePlan } from './rescue/leave-plan.ts';
import { isTold } from './binding-event.ts';
import { bindingOfOrphan, MISSING, needsBinding, orphanPlan } from './orphan-plan.ts';

/** Decides what becomes of a claim whose binding the cache does not have. */
export function createOrphanDecider(options: {
  caches: Pick<Caches, 'claims' | 'pods' | 'fluentPVCs'>;
  client: Pick<KubeClient, 'get' | 'list'>;
  defaults: OperatorDefaults;
  leave: LeaveObserver;
}): (
  key: ObjectKey,
  now: number,
  refusal: CreateRefusal | undefined,
  signal: AbortSignal,
) => Promise<Plan> {
  const { caches, client, defaults, leave } = options;

  return async (key, now, refusal, signal) => {
    const claim = caches.claims.get(key);
    if (claim === undefined) return { writes: [], reason: 'the binding is gone' };
    const { namespace = '', name, labels: own = {} } = claim.metadata;
    const fluentPVC = caches.fluentPVCs.get(own[labels.fluentPVC] ?? '');
    const due = needsBinding(claim) && now - createdAt(claim) >= MAY_ARRIVE_MS;
    const read = <T extends KubeObject>(kind: Kind, of = name): Promise<Stored<T> | undefined> =>
      client.get<T>({ kind, namespace, name: of }, { signal });
    // The cache keeps little of Pods: not what a drain needs of them.
    const user = due
      ? caches.pods.byIndex(key).find((pod) => mountsClaim(pod, name))?.metadata.name
      : undefined;
    const found = user === undefined ? undefined : await read<Pod>('Pod', user);
    const pod = found !== undefined && mountsClaim(found, name) ? found : undefined;
    const live = due
      ? {
          claim: await read<Claim>('PersistentVolumeClaim'),
          binding: await read<Binding>('FluentPVCBinding'),
        }
      : undefined;
    const goes =
      due && live?.binding === undefined && !isInUse(live?.claim)
        ? await leave.leaving(namespace, signal)
        : undefined;
    if (goes !== undefined) {
      const made =
        fluentPVC === undefined
          ? bareBinding(claim)
          : bindingOfOrphan(claim, fluentPVC, pod, defaults);
      const facts = { now, namespace: goes, nodeName: undefined, refusal };
      return leavePlan(await leave.observeOrphan(asStored(made, claim), facts, signal));
    }
    const isMissing =
      fluentPVC === undefined && live?.claim !== undefined && live.binding === undefined;
    const what = { reason: MISSING, words: '' } as const;
    const isMissingTold =
      isMissing && (await isTold(client, { namespace, uid: claim.metadata.uid }, what, signal));
    return orphanPlan({ now, claim, live, fluentPVC, isMissingTold, pod, defaults });
  };
}

/** What a claim says by itself: enough to name it, not to drain it. */
function bareBinding({
  metadata: { name, namespace = '', labels: own = {} },
}: Stored<Claim>): Binding {
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: { name, namespace },
    spec: {
      fluentPVC: { name: own[labels.fluentPVC] ?? '', uid: '' },
      pod: { name: '', uid: '' },
      pvc: { name, uid: '' },
    },
  };
}

/** As it would be if it could be stored: it knows its claim. */
function asStored(binding: Binding, { metadata }: Stored<Claim>): Stored<Binding> {
  const { name, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    ...binding,
    metadata: { ...binding.metadata, name, uid: '', resourceVersion, creationTimestamp },
    spec: { ...binding.spec, pvc: { name, uid } },
  };
}
