import type { Binding } from '../../src/api/binding.ts';
import { API_VERSION } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { KubeEvent } from '../../src/api/event.ts';
import type { EventReason, EventWrite, Plan } from '../../src/core/plan.ts';
import type { KubeClient } from '../../src/kube/client.ts';

/** What people are warned of, on the binding: the Event outlives it. */
export type Warning = Pick<EventWrite, 'reason' | 'action' | 'note'>;

/** The plan, and if it writes anything, an Event on the binding that tells of it. */
export function withWarning(plan: Plan, binding: Stored<Binding>, warning: Warning): Plan {
  if (plan.writes.length === 0) return plan;
  const { namespace = '', name, uid } = binding.metadata;
  const regarding = { apiVersion: API_VERSION, kind: 'FluentPVCBinding', namespace, name, uid };
  return {
    ...plan,
    writes: [...plan.writes, { verb: 'event', regarding, type: 'Warning', ...warning }],
  };
}

/**
 * Is there an Event that tells that of the object, with these words in it? For what has no condition that
 * could say so; Events are kept for an hour.
 */
export async function isTold(
  client: Pick<KubeClient, 'list'>,
  { namespace, uid }: { namespace: string; uid: string },
  { reason, words }: { reason: EventReason; words: string },
  signal: AbortSignal,
): Promise<boolean> {
  const list = { namespace, fieldSelector: `regarding.uid=${uid},reason=${reason}` };
  const { items } = await client.list<KubeEvent>('Event', list, { signal });
  return items.some((event) => event.reason === reason && (event.note ?? '').includes(words));
}
