import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { annotations, finalizers } from '../../src/api/names.ts';
import { hasFinalizer, isDeleting, type ObjectKey, type Stored } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { withoutFinalizer } from '../../src/core/finalizer.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Clock } from '../../src/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Caches } from '../caches.ts';
import { hiddenUsersOf, NOBODY, usersOf, waitingWrite, type Users } from './fluentpvc-users.ts';

/** Who needs it is known to the API server, and not to our caches yet: they tell, unless they are late. */
const HIDDEN_AGAIN_MS = 30_000;

/**
 * Keeps a FluentPVC until its last binding has ended, and no claim may need it for another one; the
 * condition `Deleting` says for whom it waits. Before it is let go that is read live, once.
 */
export function createFluentPVCDecider({
  caches,
  client,
  namespaces,
  clock,
}: {
  caches: Pick<Caches, 'fluentPVCs' | 'bindings' | 'claims'>;
  client: Pick<KubeClient, 'list'>;
  /** Only in these are bindings and claims; `undefined`: in all. */
  namespaces: readonly string[] | undefined;
  clock: Clock;
}): (key: ObjectKey, signal: AbortSignal) => Promise<Plan> {
  return async (key, signal) => {
    const fluentPVC = caches.fluentPVCs.get(key);
    if (fluentPVC === undefined) return { writes: [], reason: 'the FluentPVC is gone' };
    // There may be thousands, and only a FluentPVC on its way out waits for them.
    const users = isDeleting(fluentPVC) ? usersOf(fluentPVC, caches) : NOBODY;
    const isToGo = isDeleting(fluentPVC) && hasFinalizer(fluentPVC, finalizers.fluentPVC);
    if (!isToGo || isNeeded(users)) return fluentPVCPlan(fluentPVC, users, clock.now());
    const hidden = await hiddenUsersOf({ client, namespaces }, fluentPVC, signal);
    const plan = fluentPVCPlan(fluentPVC, hidden, clock.now());
    return isNeeded(hidden) ? { ...plan, requeueAfterMs: HIDDEN_AGAIN_MS } : plan;
  };
}

function isNeeded({ bindings, claims }: Users): boolean {
  return bindings + claims > 0;
}

/** Has a leader of this program seen it? */
export function isSettled({ metadata }: FluentPVC): boolean {
  return metadata.annotations?.[annotations.settled] !== undefined;
}

/** What becomes of a FluentPVC that these need. Pure. */
export function fluentPVCPlan(fluentPVC: Stored<FluentPVC>, users: Users, now: number): Plan {
  const ref: ObjectRef = { kind: 'FluentPVC', name: fluentPVC.metadata.name };
  const kept = hasFinalizer(fluentPVC, finalizers.fluentPVC);
  if (isDeleting(fluentPVC)) {
    if (!kept) return { writes: [], reason: 'the FluentPVC is on its way out' };
    const { bindings, claims } = users;
    if (isNeeded(users)) {
      const write = waitingWrite(fluentPVC, users, now);
      const reason = `${bindings} bindings and ${claims} claims are left`;
      return { writes: write === undefined ? [] : [write], reason };
    }
    return {
      writes: withoutFinalizer(ref, fluentPVC, finalizers.fluentPVC),
      reason: 'the last binding and claim have gone; the FluentPVC may go',
    };
  }
  if (kept && isSettled(fluentPVC)) return { writes: [], reason: 'the FluentPVC is in use' };
  const { uid, resourceVersion, finalizers: others = [] } = fluentPVC.metadata;
  return {
    writes: [
      {
        verb: 'patch',
        ref,
        type: 'merge',
        body: {
          metadata: {
            uid,
            resourceVersion,
            annotations: { [annotations.settled]: 'true' },
            ...(kept ? {} : { finalizers: [...others, finalizers.fluentPVC] }),
          },
        },
      },
    ],
    reason: 'the FluentPVC is new',
  };
}
