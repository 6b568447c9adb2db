/** One aspect of an object's state; see the API conventions of Kubernetes, "Conditions". */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** CamelCase word for programs. */
  reason: string;
  /** A sentence for people: what happened, to which object, whose turn it is. */
  message: string;
  /** When `status` changed last; RFC 3339. */
  lastTransitionTime: string;
  /** `metadata.generation` that this was said of. */
  observedGeneration?: number;
}

/** What a caller says of a condition; the times are the business of {@link setCondition}. */
export type ConditionChange = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

/** The condition of that type, if it was ever said. */
export function getCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Is the condition `True`? */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return getCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with one of them said anew, in the old order. `lastTransitionTime` moves only when
 * `status` does. Returns the very same array where nothing changed, so that callers can skip the
 * write.
 */
export function setCondition(
  conditions: readonly Condition[],
  change: ConditionChange,
  at: { time: number; generation: number | undefined },
): readonly Condition[] {
  const old = getCondition(conditions, change.type);
  const unchanged =
    old?.status === change.status &&
    old.reason === change.reason &&
    old.message === change.message &&
    old.observedGeneration === at.generation;
  if (unchanged) return conditions;
  const condition: Condition = {
    ...change,
    lastTransitionTime: old?.status === change.status ? old.lastTransitionTime : rfc3339(at.time),
    ...(at.generation === undefined ? {} : { observedGeneration: at.generation }),
  };
  return old === undefined
    ? [...conditions, condition]
    : conditions.map((other) => (other === old ? condition : other));
}

/** Times in the API have whole seconds. */
export function rfc3339(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
