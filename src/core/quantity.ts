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
const NANO = 9;
export const ONE = 10n ** BigInt(NANO);
/** More than that in bytes of 1024 to the n-th is as much as that. In other forms it is not (seen). */
const LARGEST_BINARY = (2n ** 63n - 1n) * ONE;
/** An exponent is short to write and long to compute; nobody means a difference beyond this. */
const MAX_POWER = 1_000;

/**
 * How much a quantity is, in billionths, rounded up as Kubernetes does: `0.5` and `500m` are the same,
 * and so are `1Ki` and `1024`.
 *
 * @param quantity of the grammar {@link UNSIGNED_QUANTITY}
 */
export function nanos(quantity: string): bigint {
  const [, whole = '', part = '', binary, decimal, exponent] = PARTS.exec(quantity) ?? [];
  const digits = BigInt(`0${whole}${part}`);
  const power = Number(exponent ?? DECIMAL[decimal ?? ''] ?? 0) - part.length + NANO;
  if (binary === undefined) return shifted(digits, power);
  const exact = shifted(digits << BigInt(10 * (BINARY.indexOf(binary) + 1)), power);
  return exact < LARGEST_BINARY ? exact : LARGEST_BINARY;
}

/** The number times a power of ten, rounded up. */
function shifted(number: bigint, power: number): bigint {
  if (number === 0n) return 0n;
  if (power >= 0) return number * 10n ** BigInt(Math.min(power, MAX_POWER));
  if (-power > number.toString(16).length * 2 + MAX_POWER) return 1n;
  return (number - 1n) / 10n ** BigInt(-power) + 1n;
}
