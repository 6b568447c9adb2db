import { build } from 'esbuild';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes dist/main.js: the whole operator in one file, which is all that the image holds. Bundled,
 * @kubernetes/client-node brings only its kubeconfig and authentication along, not its typed models.
 */
const root = join(import.meta.dirname, '..');
const outfile = join(root, 'dist/main.js');
await build({
  entryPoints: [join(root, 'src/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  minify: true,
  keepNames: true,
  sourcemap: 'linked',
  legalComments: 'linked',
  // CommonJS packages inside an ES module look for require.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
process.stdout.write(`dist/main.js: ${(statSync(outfile).size / 1024 / 1024).toFixed(2)} MiB\n`);
