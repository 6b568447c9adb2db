import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

/*
 * jest's transformer of our sources: Node's own type stripping, so that tests run what
 * `node src/main.ts` runs. Positions stay as they are, so no source map is needed.
 */

/** See the jest documentation, "Writing custom transformers". */
export function process(source: string): { code: string } {
  return { code: stripTypeScriptTypes(source) };
}

/** Another source, path, configuration or Node: another result. */
export function getCacheKey(
  source: string,
  path: string,
  { configString }: { configString: string },
): string {
  const parts = [globalThis.process.version, path, configString, source];
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}
