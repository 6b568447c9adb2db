/**
 * The code of a system error, such as `EEXIST`. It asks no `instanceof Error`: under jest, errors of
 * Node's own modules are instances of another one.
 */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
