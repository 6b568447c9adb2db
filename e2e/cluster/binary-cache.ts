import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from './commands.ts';
import type { Environment } from './environment.ts';
import { withLock } from './lock.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';

/** Binaries that were downloaded or built once, a folder a set and version. */
export interface BinaryCache {
  /** The folder of a complete set, or undefined. */
  find(recipe: Recipe): Promise<string | undefined>;
  /**
   * The folder of a complete set, filled by `fill` when it is not there. `fill` gets an empty
   * folder that becomes the set's by one rename; two processes never fill the same set at once.
   */
  install(recipe: Recipe, fill: (folder: string) => Promise<void>): Promise<string>;
}

/** The cache in the user's cache folder. */
export function createBinaryCache(
  environment: Pick<Environment, 'cacheFolder' | 'platform' | 'arch'>,
  reporter: Reporter,
): BinaryCache {
  const { cacheFolder, platform, arch } = environment;
  const keyOf = (recipe: Recipe): string => `${recipe.name}-${recipe.version}-${platform}-${arch}`;

  async function find(recipe: Recipe): Promise<string | undefined> {
    const folder = join(cacheFolder, 'bin', keyOf(recipe));
    for (const binary of recipe.binaries) {
      if (!(await isExecutable(join(folder, binary.name)))) return undefined;
    }
    return folder;
  }

  return {
    find,
    install: (recipe, fill) =>
      withLock(
        {
          file: join(cacheFolder, 'locks', keyOf(recipe)),
          what: `${recipe.name} ${recipe.version} in ${cacheFolder}`,
          timeout: 30 * 60_000,
          onWait: (holder) => {
            reporter.step(`waiting for process ${holder}, which makes ${recipe.name}`);
          },
        },
        async () => {
          const there = await find(recipe);
          if (there !== undefined) return there;
          // Whoever was killed on the way left a folder like this; the lock says it is ours now.
          const work = join(cacheFolder, 'work', keyOf(recipe));
          await rm(work, { recursive: true, force: true });
          await mkdir(work, { recursive: true });
          await fill(work);
          const folder = join(cacheFolder, 'bin', keyOf(recipe));
          await mkdir(join(cacheFolder, 'bin'), { recursive: true });
          const incomplete = join(cacheFolder, 'work', randomUUID());
          await rename(folder, incomplete).catch(() => undefined);
          await rename(work, folder);
          await rm(incomplete, { recursive: true, force: true });
          return folder;
        },
      ),
  };
}
