import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { setCondition } from '../../src/api/condition.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { labels } from '../../src/api/names.ts';
import { keyOf, type KubeObject, type ObjectKey, type Stored } from '../../src/api/object.ts';
import type { Kind } from '../../src/api/resources.ts';
import type { PatchWrite } from '../../src/core/plan.ts';
import type { KubeClient, List } from '../../src/kube/client.ts';
import { fluentPVCNeededBy, UNDRAINED, type Caches } from '../caches.ts';

/** Who needs a FluentPVC that is on its way out. */
export interface Users {
  bindings: number;
  /** Those that have no binding among them, which gets made anew from it. */
  claims: number;
  /** `namespace/name` of both, which is the same; only where they are few. */
  keys: readonly string[];
}

export const NOBODY: Users = { bindings: 0, claims: 0, keys: [] };

/** So many are counted one by one, and half as many are named. */
const FEW = 10;
const PAGE_SIZE = 500;

export function usersOf(
  { metadata: { name, uid } }: Stored<FluentPVC>,
  caches: Pick<Caches, 'bindings' | 'claims'>,
): Users {
  const bindings = caches.bindings.byIndex(uid);
  const claims = caches.claims.byIndex(name);
  const isFew = bindings.length <= FEW && claims.length <= FEW;
  const keys = isFew ? [...bindings, ...claims].map(({ metadata }) => keyOf(metadata)) : [];
  const distinct = [...new Set(keys)].toSorted();
  return { bindings: bindings.length, claims: claims.length, keys: distinct };
}

/**
 * One of them, where there are any, read live: a watch may be late, and so may be that of a webhook which
 * admits Pods still. Without our finalizer a FluentPVC is gone for good, and its bindings with it.
 */
export async function hiddenUsersOf(
  {
    client,
    namespaces = [undefined],
  }: {
    client: Pick<KubeClient, 'list'>;
    namespaces?: readonly (string | undefined)[] | undefined;
  },
  { metadata: { name, uid } }: Stored<FluentPVC>,
  signal: AbortSignal,
): Promise<Users> {
  const first = async <T extends KubeObject>(
    kind: Kind,
    labelSelector: string,
    isUser: (object: Stored<T>) => boolean,
  ): Promise<ObjectKey[]> => {
    for (const namespace of namespaces) {
      const query = { labelSelector, limit: PAGE_SIZE, ...(namespace && { namespace }) };
      let page: List<T> | undefined;
      do {
        const at = page?.continue === undefined ? {} : { continue: page.continue };
        page = await client.list<T>(kind, { ...query, ...at }, { signal });
        const user = page.items.find(isUser);
        if (user !== undefined) return [keyOf(user.metadata)];
      } while (page.continue !== undefined);
    }
    return [];
  };
  const own = `${labels.fluentPVC}=${name}`;
  const [bindings, claims] = await Promise.all([
    first<Binding>('FluentPVCBinding', own, ({ spec }) => spec.fluentPVC.uid === uid),
    first<Claim>('PersistentVolumeClaim', `${own},${UNDRAINED}`, (claim) => {
      return fluentPVCNeededBy(claim) === name;
    }),
  ]);
  const keys = [...new Set([...bindings, ...claims])];
  return { bindings: bindings.length, claims: claims.length, keys };
}

/**
 * The write that says what the FluentPVC waits for; `undefined` where it is said. Ten thousand that end
 * one after the other change the message less than a hundred times: of large numbers one digit counts.
 */
export function waitingWrite(
  fluentPVC: Stored<FluentPVC>,
  users: Users,
  now: number,
): PatchWrite | undefined {
  const { name, generation, uid, resourceVersion } = fluentPVC.metadata;
  const old = fluentPVC.status?.conditions ?? [];
  const message =
    `FluentPVC "${name}" goes when nothing needs it: it waits for ` +
    `${counted(users.bindings, 'FluentPVCBinding')} and ${counted(users.claims, 'PVC')}` +
    `${named(users.keys)}, which go when they are drained; kubectl get fpvcb -A -l ` +
    `${labels.fluentPVC}=${name} lists them. New Pods are denied meanwhile.`;
  const conditions = setCondition(
    old,
    { type: 'Deleting', status: 'True', reason: 'WaitingForBindings', message },
    { time: now, generation },
  );
  if (conditions === old) return undefined;
  return {
    verb: 'patch',
    ref: { kind: 'FluentPVC', name },
    type: 'merge',
    subresource: 'status',
    body: { metadata: { uid, resourceVersion }, status: { conditions } },
  };
}

function counted(count: number, what: string): string {
  if (count <= FEW) return `${count} ${what}${count === 1 ? '' : 's'}`;
  const digit = 10 ** Math.floor(Math.log10(count));
  return `at least ${Math.floor(count / digit) * digit} ${what}s`;
}

function named(keys: readonly string[]): string {
  if (keys.length === 0) return '';
  const first = keys.slice(0, FEW / 2);
  const rest = keys.length - first.length;
  return ` (${first.join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`;
}
