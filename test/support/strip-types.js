import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

/**
 * jest's view of our sources: Node's own type stripping, so that tests run what `node src/main.ts`
 * runs. Positions stay as they are, so no source map is needed.
 */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256')
      .update(`${process.version}\0${path}\0${configString}\0${source}`)
      .digest('hex'),
};
