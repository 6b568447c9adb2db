import { askVersion, type BinarySources } from './binaries.ts';
import { createBinaryCache } from './binary-cache.ts';
import { createBuilder } from './build.ts';
import { createDebianPackages } from './debian-packages.ts';
import { createDownloader } from './download.ts';
import type { Environment } from './environment.ts';
import type { Reporter } from './reporter.ts';

/** Where binaries come from on a real machine; make it once a run, it remembers being offline. */
export function createBinarySources(environment: Environment, reporter: Reporter): BinarySources {
  return {
    environment,
    reporter,
    cache: createBinaryCache(environment, reporter),
    downloader: createDownloader(environment, reporter),
    builder: createBuilder(environment, createDebianPackages(environment, reporter)),
    versionOf: askVersion,
  };
}
