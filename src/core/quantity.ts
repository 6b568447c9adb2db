/** `resource.Quantity` without a sign, as a regular expression: see apimachinery, pkg/api/resource. */
export const UNSIGNED_QUANTITY =
  '(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?';

const QUANTITY = new RegExp(`^[+-]?${UNSIGNED_QUANTITY}$`);

/** Would Kubernetes read it as a quantity? */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}
