/**
 * Jest runs tests in a realm of their own, but `structuredClone` is the host's and gives objects of
 * the host's realm: to `isDeepStrictEqual` they differ from equal objects of the tests. For JSON
 * this does the same within one realm. Import it where clones are compared.
 */
globalThis.structuredClone = <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
