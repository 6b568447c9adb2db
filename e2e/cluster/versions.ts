/** The first `major.minor[.patch]` in a text such as "Kubernetes v1.36.3", as numbers. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? '0')];
}

/** Whether `text` names a version in `[atLeast, below)`. */
export function inRange(
  text: string,
  range: { readonly atLeast: string; readonly below: string },
): boolean {
  return compare(text, range.atLeast) >= 0 && compare(text, range.below) < 0;
}

/** Negative, zero or positive; NaN where one of them names no version. */
function compare(left: string, right: string): number {
  const a = parseVersion(left);
  const b = parseVersion(right);
  if (a === undefined || b === undefined) return Number.NaN;
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
