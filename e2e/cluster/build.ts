import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../src/errors.ts';
import { findOnPath, runCommand } from './commands.ts';
import type { DebianPackages } from './debian-packages.ts';
import type { Environment } from './environment.ts';
import { type GoRun, moduleVersion, writeModule } from './go-module.ts';
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
      const goRun: GoRun = (args) => run(go, args, work, env, recipe);
      if (recipe.build.manifest === undefined) await compile(recipe, folder, work, goRun);
      else await generate(recipe, folder, work, goRun);
      await rm(work, { recursive: true, force: true });
    },
  };
}

/** Builds the packages of the module. */
async function compile(recipe: Recipe, folder: string, work: string, goRun: GoRun): Promise<void> {
  const sources = await writeModule(recipe, work, goRun);
  const flags = ['-trimpath', ...buildFlags(recipe.build), '-o', `${folder}/`];
  await goRun(['build', ...flags, ...packagesOf(recipe)]);
  await nameBinaries(recipe, folder);
  for (const path of recipe.files ?? []) {
    // Go keeps its modules read-only.
    await runCommand('cp', ['-r', '--no-preserve=mode', join(sources, path), `${folder}/`]);
  }
}

/** Lets the module, a generator, write and build the program. */
async function generate(recipe: Recipe, folder: string, work: string, goRun: GoRun): Promise<void> {
  const { module, manifest } = recipe.build;
  const output = join(work, 'distribution');
  const file = join(work, 'manifest.yaml');
  // JSON is YAML.
  await writeFile(
    file,
    JSON.stringify({ ...manifest, dist: { ...manifest?.dist, output_path: output } }),
  );
  await goRun(['run', `${module}@${moduleVersion(recipe)}`, `--config=${file}`]);
  for (const { name } of recipe.binaries) {
    await runCommand('mv', [join(output, name), join(folder, name)]);
  }
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
