import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagesOf, sbomOf, type Sbom } from './sbom.ts';

/**
 * Makes dist/main.js: the whole operator in one file, which is all that the image holds. Bundled,
 * @kubernetes/client-node brings only its kubeconfig and authentication along, not its typed models.
 * Beside it the licences of what is in it, and its software bill of materials (CycloneDX).
 */
const root = join(import.meta.dirname, '..');
const outfile = join(root, 'dist/main.js');
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [join(root, 'src/main.ts')],
  outfile,
  bundle: true,
  metafile: true,
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
const shipped = Object.values(metafile.outputs).flatMap(({ inputs }) =>
  Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file),
);
const npmSbom = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'];
const all = execFileSync('npm', [...npmSbom, '--package-lock-only'], { cwd: root });
const sbom = sbomOf(JSON.parse(all.toString()) as Sbom, packagesOf(root, shipped));
writeFileSync(join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
process.stdout.write(
  `dist/main.js: ${(statSync(outfile).size / 1024 / 1024).toFixed(2)} MiB, of ${sbom.components.length} packages (dist/sbom.cdx.json)\n`,
);
