/**
 * A rule of admission that the API server holds by itself, whether we run or not. From each, a
 * ValidatingAdmissionPolicy and its binding are made (`guards.ts`).
 */
export interface Guard {
  /** Ends the name of the policy. */
  name: string;
  /** Main resources only: kubelets, schedulers and resizers work by subresources. */
  resource: { group: string; version: string; plural: string };
  operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  /**
   * CEL: does the request concern the guard? Decided before anything else, for every object of the kind in
   * the cluster. Absent: all do.
   */
  concerns?: string;
  /** CEL by name. Where a rule uses them; in the condition that asks the rules they stand in its text. */
  variables: Readonly<Record<string, string>>;
  rules: readonly Rule[];
  /** `everybody`: the operator, too. `others`: all but the operator. */
  binds: 'everybody' | 'others';
  /**
   * Whether the chart's values may narrow it. Not where what gets through is an order to the operator: its
   * rights reach every namespace and volume.
   */
  narrowable: boolean;
  /** `webhook`: where its failurePolicy lets Pods in without it, this only warns. */
  strength: 'always' | 'webhook';
}

/** What must hold. Only the first one that does not is told. */
export interface Rule {
  /**
   * CEL that does not fail. Asked as a matching condition, too, where `namespaceObject` is null: it may not
   * depend on that.
   */
  holds: string;
  /** CEL: what was denied, of which object, and what to do. */
  message: string;
  /** Forbidden (403): may not be done. Invalid (422): may not be like that. */
  reason: 'Forbidden' | 'Invalid';
}
