import { setCondition } from '../../src/api/condition.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { labels } from '../../src/api/names.ts';
import { keyOf, type Stored } from '../../src/api/object.ts';
import type { PatchWrite } from '../../src/core/plan.ts';
import type { Caches } from '../caches.ts';

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
