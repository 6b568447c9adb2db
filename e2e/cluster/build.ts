import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../src/errors.ts';
import { findOnPath, runCommand } from './commands.ts';
import type { DebianPackages } from './debian-packages.ts';
import type { Environment } from './environment.ts';
import type { GoBuild, Recipe } from './recipe.ts';

/** Makes sets of binaries from the Go module proxy. */
export interface Builder {
  /** Builds all binaries of the set into `folder`. */
  build(recipe: Recipe, folder: string): Promise<void>;
}

/** A builder with the `go` on PATH; a UserError when there is none. */
export function createBuilder(environment: Environment, packages: DebianPackages): Builder {
  return {
    async build(recipe, folder) {
      const go = await findOnPath(environment.path, 'go');
      if (go === undefined) {
        throw new UserError(
          `${namesOf(recipe)} ${recipe.version}: not on this machine, not downloadable, and there is no \`go\` on PATH to build it`,
        );
      }
      await packages.ensure(recipe.build.packages ?? []);
      const work = join(folder, '.build');
      await mkdir(work, { recursive: true });
      const env: NodeJS.ProcessEnv = {
        ...process.env,
        CGO_ENABLED: recipe.build.cgo === true ? '1' : '0',
        GOOS: environment.platform,
        GOARCH: environment.arch,
        GOWORK: 'off',
        GOFLAGS: '-mod=mod -buildvcs=false',
      };
      const goRun = (args: readonly string[]): Promise<string> => run(go, args, work, env, recipe);
      const sources = await writeModule(recipe, work, goRun);
      await goRun([
        'build',
        '-trimpath',
        ...buildFlags(recipe.build),
        '-o',
        `${folder}/`,
        ...packagesOf(recipe),
      ]);
      await nameBinaries(recipe, folder);
      for (const path of recipe.files ?? []) {
        // Go keeps its modules read-only.
        await runCommand('cp', ['-r', '--no-preserve=mode', join(sources, path), `${folder}/`]);
      }
      await rm(work, { recursive: true, force: true });
    },
  };
}

/**
 * A module that requires the recipe's one, so that `replace` lines of the latter, which would keep
 * `go install` from working, don't count; modules of the same repository get their own version.
 * Resolves to the folder of the module's sources.
 */
async function writeModule(
  recipe: Recipe,
  work: string,
  goRun: (args: readonly string[]) => Promise<string>,
): Promise<string> {
  const { module, staging } = recipe.build;
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
  ];
  await writeFile(join(work, 'go.mod'), `${lines.join('\n')}\n`);
  return downloaded.Dir;
}

/** The versions of each module that the proxy has; none where it knows nothing of it. */
async function offered(
  modules: readonly string[],
  goRun: (args: readonly string[]) => Promise<string>,
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

function goDirective(goMod: string): string {
  return /^go \S+$/m.exec(goMod)?.[0] ?? 'go 1.24';
}

function buildFlags(build: GoBuild): readonly string[] {
  return [
    ...(build.tags === undefined ? [] : ['-tags', build.tags.join(',')]),
    '-ldflags',
    ['-s', '-w', ...(build.linkerFlags ?? [])].join(' '),
  ];
}

function packagesOf(recipe: Recipe): readonly string[] {
  return recipe.binaries.map(({ package: folder }) =>
    folder === '' ? recipe.build.module : `${recipe.build.module}/${folder}`,
  );
}

/** Go names a program after the last element of its path that isn't a version, such as `server`. */
async function nameBinaries(recipe: Recipe, folder: string): Promise<void> {
  for (const binary of recipe.binaries) {
    const path = binary.package === '' ? recipe.build.module : binary.package;
    const built =
      path
        .replace(/\/v\d+$/, '')
        .split('/')
        .at(-1) ?? '';
    if (built !== binary.name)
      await runCommand('mv', [join(folder, built), join(folder, binary.name)]);
  }
}

function moduleVersion(recipe: Recipe): string {
  return recipe.build.moduleVersion ?? `v${recipe.version}`;
}

function namesOf(recipe: Recipe): string {
  return recipe.binaries.map(({ name }) => name).join(', ');
}

/** Runs go; a failure is one line with the first thing it complained about. */
function run(
  go: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  recipe: Recipe,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(go, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (thrown) => {
      reject(new UserError(`can't run ${go}: ${messageOf(thrown)}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else {
        reject(
          new UserError(
            `building ${recipe.name} ${recipe.version} failed: ${complaint(stderr, stdout) || `go ended with ${String(code ?? signal)}`}`,
          ),
        );
      }
    });
  });
}

/** What go said: on standard error, or in the JSON that `go mod download -json` answers with. */
function complaint(stderr: string, stdout: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^go: (downloading|finding)/.test(line));
  const inJson = /"Error": "(.*)"/.exec(stdout)?.[1];
  return [...lines.slice(-3), ...(inJson === undefined ? [] : [inJson])].join(' | ');
}
