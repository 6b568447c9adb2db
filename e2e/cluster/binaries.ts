import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import type { BinaryCache } from './binary-cache.ts';
import type { Builder } from './build.ts';
import { isExecutable, tryCommand } from './commands.ts';
import type { Downloader } from './download.ts';
import type { Environment } from './environment.ts';
import type { Binary, Recipe } from './recipe.ts';
import { recipes, supportedKubernetes } from './recipes.ts';
import type { Reporter } from './reporter.ts';
import { inRange } from './versions.ts';

/** Absolute paths by name, such as `kubelet`. */
export type BinaryPaths = Readonly<Record<string, string>>;

/** What the search for binaries uses; each is a parameter so that the order can be tested. */
export interface BinarySources {
  readonly environment: Pick<Environment, 'assets' | 'path'>;
  readonly cache: BinaryCache;
  readonly downloader: Downloader;
  readonly builder: Builder;
  readonly reporter: Reporter;
  /** What a binary says to its version arguments, or undefined where it isn't there. */
  readonly versionOf: (file: string, args: readonly string[]) => Promise<string | undefined>;
}

/**
 * Finds the wanted binaries, whole sets at a time, each in this order: a folder of the machine
 * (KUBEBUILDER_ASSETS, then PATH) at a supported version, the cache, a download, a build.
 */
export async function findBinaries(
  sources: BinarySources,
  kubernetesVersion: string,
  wanted: readonly string[],
): Promise<BinaryPaths> {
  if (!inRange(kubernetesVersion, supportedKubernetes)) {
    throw new UserError(
      `Kubernetes ${kubernetesVersion} is not supported: take ${supportedKubernetes.atLeast} or later, below ${supportedKubernetes.below}`,
    );
  }
  const table = recipes(kubernetesVersion);
  for (const name of wanted) {
    if (!table.some((recipe) => has(recipe, name))) throw new Error(`no recipe makes ${name}`);
  }
  const paths: Record<string, string> = {};
  const missing: Recipe[] = [];
  for (const recipe of table) {
    const names = wanted.filter((name) => has(recipe, name));
    if (names.length === 0) continue;
    const folder = (await onMachine(sources, recipe, names)) ?? (await sources.cache.find(recipe));
    if (folder === undefined) missing.push(recipe);
    else for (const name of names) paths[name] = join(folder, name);
  }
  for (const [index, recipe] of missing.entries()) {
    const folder = await sources.cache.install(recipe, (work) =>
      obtain(sources, recipe, work, `${index + 1} of ${missing.length}`),
    );
    for (const name of wanted) if (has(recipe, name)) paths[name] = join(folder, name);
  }
  return paths;
}

/** The version of Kubernetes to run when the user names none: that of KUBEBUILDER_ASSETS, if supported. */
export async function kubernetesVersionOf(
  sources: Pick<BinarySources, 'environment' | 'versionOf'>,
): Promise<string | undefined> {
  const { assets } = sources.environment;
  if (assets === undefined) return undefined;
  const said = await sources.versionOf(join(assets, 'kube-apiserver'), ['--version']);
  const version = /\d+\.\d+\.\d+/.exec(said ?? '')?.[0];
  return version !== undefined && inRange(version, supportedKubernetes) ? version : undefined;
}

/** Asks a binary for its version. */
export async function askVersion(
  file: string,
  args: readonly string[],
): Promise<string | undefined> {
  if (!(await isExecutable(file))) return undefined;
  const { code, stdout } = await tryCommand(file, args);
  return code === 0 ? stdout : undefined;
}

async function onMachine(
  { environment, versionOf }: BinarySources,
  recipe: Recipe,
  names: readonly string[],
): Promise<string | undefined> {
  const { accepts } = recipe;
  if (accepts === undefined) return undefined;
  const folders = [
    ...(environment.assets === undefined ? [] : [environment.assets]),
    ...environment.path,
  ];
  for (const folder of folders) {
    const binaries = recipe.binaries.filter(({ name }) => names.includes(name));
    if (await all(binaries, (binary) => serves(binary, folder, accepts, versionOf))) return folder;
  }
  return undefined;
}

async function serves(
  binary: Binary,
  folder: string,
  accepts: { readonly atLeast: string; readonly below: string },
  versionOf: BinarySources['versionOf'],
): Promise<boolean> {
  const said = await versionOf(join(folder, binary.name), binary.versionArgs ?? ['--version']);
  return said !== undefined && inRange(said, accepts);
}

async function obtain(
  { downloader, builder, reporter }: BinarySources,
  recipe: Recipe,
  folder: string,
  position: string,
): Promise<void> {
  const what = `${recipe.name} ${recipe.version} (${recipe.binaries.map(({ name }) => name).join(', ')})`;
  const started = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  if (await downloader.download(recipe, folder)) {
    reporter.step(`${position}: downloaded ${what} in ${seconds()}`);
    return;
  }
  reporter.step(`${position}: building ${what} from ${recipe.build.module}`);
  const timer = setInterval(() => {
    reporter.step(`${position}: still building ${recipe.name}, ${seconds()}`);
  }, 30_000);
  try {
    await builder.build(recipe, folder);
  } finally {
    clearInterval(timer);
  }
  reporter.step(`${position}: built ${recipe.name} in ${seconds()}`);
}

function has(recipe: Recipe, name: string): boolean {
  return recipe.binaries.some((binary) => binary.name === name);
}

async function all<T>(items: readonly T[], holds: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (!(await holds(item))) return false;
  return items.length > 0;
}
