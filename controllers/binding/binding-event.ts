import type { Binding } from '../../src/api/binding.ts';
import { API_VERSION } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { EventWrite, Plan } from '../../src/core/plan.ts';

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
