/** `resource.Quantity` without a sign, as a regular expression: see apimachinery, pkg/api/resource. */
export const UNSIGNED_QUANTITY =
  '(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?';

const QUANTITY = new RegExp(`^[+-]?${UNSIGNED_QUANTITY}$`);

/** Would Kubernetes read it as a quantity? */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}

const PARTS = /^(\d*)(?:\.(\d*))?(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?\d+))?$/;
/** Powers of 1024. */
const BINARY = 'KMGTPE';
/** Powers of 10. */
const DECIMAL: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
/** Kubernetes rounds up to whole nanos, and takes no quantity for more than an int64 of ones. */
const NANO = 9;
const LARGEST = (2n ** 63n - 1n) * 10n ** BigInt(NANO);

/**
 * How much a quantity is, in billionths, exactly as Kubernetes has it: `0.5` and `500m` are the same,
 * and so are `1Ki` and `1024`.
 *
 * @param quantity of the grammar {@link UNSIGNED_QUANTITY}
 */
export function nanos(quantity: string): bigint {
  const [, whole = '', part = '', binary, decimal, exponent] = PARTS.exec(quantity) ?? [];
  const digits = BigInt(`0${whole}${part}`);
  if (digits === 0n) return 0n;
  const power = Number(exponent ?? DECIMAL[decimal ?? ''] ?? 0) - part.length + NANO;
  const ones = binary === undefined ? digits : digits << BigInt(10 * (BINARY.indexOf(binary) + 1));
  // An exponent is short to write and long to compute: beyond these nobody sees a difference.
  if (power > 60) return LARGEST;
  const length = whole.length + part.length;
  if (power < -(length + 60)) return 1n;
  const exact = power >= 0 ? ones * 10n ** BigInt(power) : (ones - 1n) / 10n ** BigInt(-power) + 1n;
  return exact < LARGEST ? exact : LARGEST;
}
