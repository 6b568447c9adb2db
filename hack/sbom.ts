import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is read and written of a CycloneDX document; the rest passes through. */
export interface Sbom {
  serialNumber?: string;
  metadata: { timestamp?: string; lifecycles?: unknown; component: { name: string } };
  components: readonly Component[];
  dependencies: readonly { ref: string; dependsOn?: readonly string[] }[];
}

/** A package. */
export interface Component {
  /** `name@version`. */
  'bom-ref': string;
}

/**
 * The software bill of materials of a bundle: of all packages that npm knows of (`npm sbom`; its
 * `--omit=dev` loses those that development needs, too) those that the bundle has a line of. What
 * changes from run to run is left out, so that the same sources give the same file.
 *
 * @param shipped `name@version` of each package
 */
export function sbomOf(all: Sbom, shipped: ReadonlySet<string>): Sbom {
  const unknown = [...shipped].filter((ref) =>
    all.components.every((component) => component['bom-ref'] !== ref),
  );
  if (unknown.length > 0) {
    throw new Error(`in the bundle, but not known to npm: ${unknown.join(', ')}`);
  }
  const { serialNumber: _serial, metadata, components, dependencies, ...rest } = all;
  const { timestamp: _time, component, ...about } = metadata;
  const own = dependencies.find(({ ref }) => ref.startsWith(`fluent-pvc-operator@`))?.ref;
  const isHere = (ref: string): boolean => ref === own || shipped.has(ref);
  return {
    ...rest,
    metadata: {
      ...about,
      lifecycles: [{ phase: 'build' }],
      // npm calls it as the folder that it was built in.
      component: { ...component, name: 'fluent-pvc-operator' },
    },
    components: components.filter((one) => shipped.has(one['bom-ref'])),
    dependencies: dependencies
      .filter(({ ref }) => isHere(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isHere) })),
  };
}

/**
 * `name@version` of the packages that files belong to.
 *
 * @param files paths below `root`, as esbuild's metafile has them
 */
export function packagesOf(root: string, files: readonly string[]): Set<string> {
  const folders = new Set(
    files.filter((file) => file.includes('node_modules/')).map((file) => packageFolder(file)),
  );
  return new Set(
    [...folders].map((folder) => {
      const text = readFileSync(join(root, folder, 'package.json'), 'utf8');
      const { name, version } = JSON.parse(text) as { name: string; version: string };
      return `${name}@${version}`;
    }),
  );
}

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/dist/d.js`. */
function packageFolder(file: string): string {
  const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return match?.[0] ?? dirname(file);
}
