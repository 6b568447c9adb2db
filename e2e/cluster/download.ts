import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../src/errors.ts';
import { runCommand } from './commands.ts';
import type { Environment } from './environment.ts';
import type { Download, Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';

/** Fetches releases from where their projects publish them. */
export interface Downloader {
  /**
   * Fills `folder` with the binaries of the set. False when there is nothing to be had: no
   * address, no network, not published. A wrong checksum is a UserError.
   */
  download(recipe: Recipe, folder: string): Promise<boolean>;
}

/**
 * A downloader that gives up on the network for the rest of the run once a host doesn't answer
 * within `connectTimeout` milliseconds: offline machines must not wait for each file.
 */
export function createDownloader(
  environment: Pick<Environment, 'platform' | 'arch'>,
  reporter: Reporter,
  connectTimeout = 4000,
): Downloader {
  let offline = false;

  async function get(url: string): Promise<Uint8Array | undefined> {
    if (offline) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort(new Error(`no answer in ${connectTimeout} ms`));
    }, connectTimeout);
    try {
      const response = await fetch(url, { signal: controller.signal });
      clearTimeout(timer);
      if (!response.ok) {
        await response.body?.cancel();
        return undefined;
      }
      return new Uint8Array(await response.arrayBuffer());
    } catch (thrown) {
      offline = true;
      reporter.step(`downloads are off for this run: ${new URL(url).host}: ${messageOf(thrown)}`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The bytes behind an address whose checksum was compared. */
  async function verified(
    source: Download,
    fill: (text: string) => string,
  ): Promise<Uint8Array | undefined> {
    const url = fill(source.url);
    const published = await get(fill(source.checksumUrl));
    if (published === undefined) return undefined;
    const bytes = await get(url);
    if (bytes === undefined) return undefined;
    const expected = checksumFor(new TextDecoder().decode(published), url.split('/').at(-1) ?? '');
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (expected === undefined)
      throw new UserError(`no checksum of ${url} in ${fill(source.checksumUrl)}`);
    if (expected !== actual) {
      throw new UserError(
        `${url} has SHA-256 ${actual}, its project published ${expected}; not used`,
      );
    }
    return bytes;
  }

  return {
    async download(recipe, folder) {
      const source = recipe.download;
      if (source === undefined) return false;
      const fillFor = (binary: string) => (text: string) =>
        fillIn(text, {
          version: recipe.version,
          os: environment.platform,
          arch: environment.arch,
          binary,
        });
      const archive =
        source.archivePath === undefined ? undefined : await verified(source, fillFor(''));
      if (source.archivePath !== undefined && archive === undefined) return false;
      for (const { name } of recipe.binaries) {
        const fill = fillFor(name);
        const target = join(folder, name);
        if (archive !== undefined && source.archivePath !== undefined) {
          await extract(archive, fill(source.archivePath), folder, target);
        } else {
          const bytes = await verified(source, fill);
          if (bytes === undefined) return false;
          await writeFile(target, bytes);
        }
        await chmod(target, 0o755);
      }
      return true;
    },
  };
}

/** Replaces `{key}` by its value. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '');
}

/** The SHA-256 of a file in a text that holds one alone, or lines as sha256sum writes them. */
export function checksumFor(text: string, file: string): string | undefined {
  const lines = text.trim().split('\n');
  const line = lines.find((candidate) => candidate.split(/\s+\*?/)[1] === file);
  const only = lines.length === 1 ? lines[0] : undefined;
  return /^[0-9a-f]{64}/.exec(line ?? only ?? '')?.[0];
}

async function extract(
  archive: Uint8Array,
  path: string,
  folder: string,
  target: string,
): Promise<void> {
  const unpacked = join(folder, '.unpacked');
  await mkdir(unpacked, { recursive: true });
  await writeFile(join(unpacked, 'archive.tar.gz'), archive);
  await runCommand('tar', ['-xzf', join(unpacked, 'archive.tar.gz'), '-C', unpacked]);
  await rename(join(unpacked, path), target);
  await rm(unpacked, { recursive: true, force: true });
}
