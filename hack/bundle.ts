import { build, type Metafile, type Plugin } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagesOf, sbomOf, type Sbom } from './sbom.ts';

const root = join(import.meta.dirname, '..');
const CLIENT = '@kubernetes/client-node';

/**
 * The modules of client-node define things and do nothing else, which its package.json fails to say:
 * without this its 700 typed models, which we never use, would be loaded with its kubeconfig.
 */
const clientWithoutModels: Plugin = {
  name: 'client-without-models',
  setup(builder) {
    builder.onResolve({ filter: /./ }, async ({ path, pluginData, importer, ...from }) => {
      const concerned = path === CLIENT || importer.includes(`node_modules/${CLIENT}/`);
      // The second time it is our own question.
      if (!concerned || pluginData === CLIENT) return undefined;
      const found = await builder.resolve(path, { ...from, importer, pluginData: CLIENT });
      return { ...found, sideEffects: false };
    });
  },
};

/**
 * Makes one file of a program and all that it imports, and says what is in it. Call it `.mjs`: of a `.js`
 * without a package.json Node finds out what it is by compiling it, twice, which stays in memory (9 MiB).
 */
export async function bundle(program: string, outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [program],
    outfile,
    bundle: true,
    metafile: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    // Names stay as they are: `keepNames` has a call for each, and their memory is paid at the start.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    legalComments: 'linked',
    plugins: [clientWithoutModels],
    // CommonJS packages inside an ES module look for require.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return metafile;
}

/**
 * `npm run build` makes dist/main.mjs: the whole operator in one file, which is all that the image holds.
 * Beside it the licences of what is in it, and its software bill of materials (CycloneDX).
 */
async function main(): Promise<void> {
  const outfile = join(root, 'dist/main.mjs');
  const metafile = await bundle(join(root, 'src/main.ts'), outfile);
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
    `dist/main.mjs: ${(statSync(outfile).size / 1024 / 1024).toFixed(2)} MiB, of ${sbom.components.length} packages (dist/sbom.cdx.json)\n`,
  );
}

if (import.meta.main) await main();
