/**
 * Pieces of CEL, the language of admission policies. An expression that fails to evaluate denies the
 * request, so every piece reads what may be absent as an optional: it has a value or has none.
 */

/** The object as it will be stored (absent in a deletion), or as it is stored (absent in a creation). */
export type Side = 'object' | 'oldObject';

/** A string, or a list of strings: the literals of JSON mean the same in CEL. */
export function literal(value: string | readonly string[]): string {
  return JSON.stringify(value);
}

/** A text as an expression: what is interpolated is CEL. */
export function text(parts: TemplateStringsArray, ...expressions: readonly string[]): string {
  return parts
    .flatMap((part, index) => [part === '' ? '' : literal(part), expressions[index] ?? ''])
    .filter((piece) => piece !== '')
    .join(' + ');
}

/** An optional. */
export function label(of: Side, key: string): string {
  return `${of}.metadata.?labels[?${literal(key)}]`;
}

/** An optional. */
export function annotation(of: Side, key: string): string {
  return `${of}.metadata.?annotations[?${literal(key)}]`;
}

/** A field of the metadata that is a list. */
export function metadataList(of: Side, field: 'finalizers' | 'ownerReferences'): string {
  return `${of}.metadata.?${field}.orValue([])`;
}

export function hasFinalizer(of: Side, finalizer: string): string {
  return `(${literal(finalizer)} in ${metadataList(of, 'finalizers')})`;
}

/** Holds where all of them do. */
export function allOf(...expressions: readonly string[]): string {
  return expressions.map((each) => `(${each})`).join(' && ');
}

/** Holds where one of them does. */
export function anyOf(...expressions: readonly string[]): string {
  return expressions.map((each) => `(${each})`).join(' || ');
}
