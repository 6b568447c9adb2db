import type { BindingStatus } from '../../src/api/binding.ts';
import type { Plan, Write } from '../../src/core/plan.ts';

/** The status that a plan writes, short enough for a table: `Type: 'Status Reason'`. */
export function said(plan: Plan): Record<string, unknown> | undefined {
  const write = plan.writes.find((one) => one.verb === 'patch' && one.subresource === 'status');
  if (write?.verb !== 'patch') return undefined;
  const { status } = write.body as { status: BindingStatus };
  const { conditions = [], ...fields } = status;
  return {
    ...fields,
    ...Object.fromEntries(conditions.map((one) => [one.type, `${one.status} ${one.reason}`])),
  };
}

/** The message of a condition that a plan writes. */
export function message(plan: Plan, type: string): string | undefined {
  const write = plan.writes.find((one) => one.verb === 'patch' && one.subresource === 'status');
  if (write?.verb !== 'patch') return undefined;
  const { status } = write.body as { status: BindingStatus };
  return status.conditions?.find((one) => one.type === type)?.message;
}

/** Writes in a word each: verb, kind and, of patches, what of the object. */
export function deeds(writes: readonly Write[]): string[] {
  return writes.map((write) => {
    switch (write.verb) {
      case 'create':
        return `create ${write.object.kind}`;
      case 'event':
        return `event ${write.reason}`;
      case 'patch':
        return `patch ${write.ref.kind}${write.subresource === undefined ? '' : ' status'}`;
      case 'delete':
      case 'evict':
        return `${write.verb} ${write.ref.kind}`;
    }
  });
}
