import { findBinaries } from './cluster/binaries.ts';
import { createBinarySources } from './cluster/binary-sources.ts';
import { readEnvironment } from './cluster/environment.ts';
import { defaultKubernetesVersion } from './cluster/recipes.ts';
import type { Reporter } from './cluster/reporter.ts';

/** Path of a program that is of no version of Kubernetes: found on this machine, downloaded or built. */
export async function obtainTool(
  name: 'helm' | 'helm3' | 'promtool' | 'otelcol-contrib' | 'loki',
  reporter: Reporter,
): Promise<string> {
  const sources = createBinarySources(readEnvironment(), reporter);
  const path = (await findBinaries(sources, defaultKubernetesVersion, [name]))[name];
  if (path === undefined) throw new Error(`no recipe makes ${name}`);
  return path;
}
