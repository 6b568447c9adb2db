import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recipe } from './recipe.ts';

/** Runs go with these arguments; its standard output. */
export type GoRun = (args: readonly string[]) => Promise<string>;

/**
 * A module that requires the recipe's one, so that `replace` lines of the latter, which would keep
 * `go install` from working, don't count; modules of the same repository get their own version, forks
 * of others hold where the recipe wants them. Resolves to the folder of the module's sources.
 */
export async function writeModule(recipe: Recipe, work: string, goRun: GoRun): Promise<string> {
  const { module, staging, forks = false } = recipe.build;
  const version = moduleVersion(recipe);
  await writeFile(join(work, 'go.mod'), 'module fluent-pvc-operator/build\n');
  const downloaded = JSON.parse(
    await goRun(['mod', 'download', '-json', `${module}@${version}`]),
  ) as {
    readonly GoMod: string;
    readonly Dir: string;
  };
  const goMod = await readFile(downloaded.GoMod, 'utf8');
  const replaced = staging === undefined ? [] : stagingModules(goMod, staging.prefix);
  const versions = await offered(replaced, goRun);
  const lines = [
    'module fluent-pvc-operator/build',
    goDirective(goMod),
    `require ${module} ${version}`,
    ...replaced.map((name) => {
      const wanted = staging?.version ?? '';
      return `replace ${name} => ${name} ${nearestPatch(wanted, versions.get(name) ?? [])}`;
    }),
    ...(forks ? forkedModules(goMod) : []),
  ];
  await writeFile(join(work, 'go.mod'), `${lines.join('\n')}\n`);
  return downloaded.Dir;
}

/** The versions of each module that the proxy has; none where it knows nothing of it. */
async function offered(
  modules: readonly string[],
  goRun: GoRun,
): Promise<Map<string, readonly string[]>> {
  if (modules.length === 0) return new Map();
  const said = await goRun(['list', '-e', '-m', '-versions', ...modules]);
  return new Map(
    said.split('\n').map((line) => {
      const [name = '', ...versions] = line.split(' ');
      return [name, versions];
    }),
  );
}

/**
 * The wanted version, or, of a module that the proxy has not got in it, the patch of the same minor that
 * is nearest: a proxy may keep what was asked for only, and within a minor the interfaces are the same.
 */
export function nearestPatch(wanted: string, offers: readonly string[]): string {
  const patch = (version: string): number => Number(/^v0\.\d+\.(\d+)$/.exec(version)?.[1]);
  const minor = wanted.replace(/\d+$/, '');
  const distance = (version: string): number => Math.abs(patch(version) - patch(wanted));
  const [nearest] = offers
    .filter((version) => version.startsWith(minor) && Number.isInteger(patch(version)))
    .toSorted((one, other) => distance(one) - distance(other));
  return nearest ?? wanted;
}

/** Modules that a go.mod replaces by folders of its own repository. */
export function stagingModules(goMod: string, prefix: string): readonly string[] {
  return [...goMod.matchAll(/^\s*(?:replace\s+)?(\S+)\s+=>\s+\.\//gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name.startsWith(prefix));
}

/** Lines of a go.mod that replace a module by a version of itself or of another one. */
export function forkedModules(goMod: string): readonly string[] {
  return [...goMod.matchAll(/^\s*(?:replace\s+)?(\S+(?: v\S+)?\s+=>\s+[^.\s]\S*\s+v\S+)/gm)].map(
    ([, line = '']) => `replace ${line}`,
  );
}

function goDirective(goMod: string): string {
  return /^go \S+$/m.exec(goMod)?.[0] ?? 'go 1.24';
}

/** As go names it: `v1.2.3`. */
export function moduleVersion(recipe: Recipe): string {
  return recipe.build.moduleVersion ?? `v${recipe.version}`;
}
