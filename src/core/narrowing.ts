/** On each Namespace, by the API server. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/**
 * What else a request must have to be looked at: by the webhook (`kubectl explain
 * mutatingwebhookconfiguration.webhooks`) or by the guards (`validatingadmissionpolicy.spec`).
 */
export interface Narrowing {
  namespaceSelector?: Selector;
  objectSelector?: Selector;
  matchConditions?: readonly object[];
}

/** A LabelSelector. */
export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: readonly object[];
}

/** Nothing but objects of these namespaces; `undefined`: of all. */
export function onlyIn(namespaces: readonly string[] | undefined): Narrowing {
  if (namespaces === undefined) return {};
  const term = { key: NAMESPACE_NAME, operator: 'In', values: namespaces };
  return { namespaceSelector: { matchExpressions: [term] } };
}

/** Namespaces but for those, by name. */
export function notIn(namespaces: readonly string[]): object {
  return { key: NAMESPACE_NAME, operator: 'NotIn', values: namespaces };
}

/** What must hold in any case, and what else. */
export function both(
  always: object,
  { matchLabels, matchExpressions = [] }: Selector = {},
): Selector {
  return {
    ...(matchLabels === undefined ? {} : { matchLabels }),
    matchExpressions: [always, ...matchExpressions],
  };
}
