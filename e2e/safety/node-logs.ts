import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cluster } from '../cluster/running-cluster.ts';
import { RESCUE_NAMESPACE, type Subject } from './sight.ts';

/** By file: what containers have said. */
export type Logs = ReadonlyMap<string, string>;

/**
 * What the containers of a run have said so far, those of its finalizer Jobs included, as kubelet keeps
 * it: soon after a Pod is gone nobody can ask for it any more.
 */
export async function logsOf(
  { kubeconfig }: Pick<Cluster, 'kubeconfig'>,
  { namespace, claim }: Subject,
): Promise<Logs> {
  const folder = join(dirname(kubeconfig), 'node', 'var-log', 'pods');
  // Named NAMESPACE_POD_UID; the Pod of a Job is named after it.
  const starts = [`${namespace}_`, `${RESCUE_NAMESPACE}_${claim}-`];
  const pods = await readdir(folder).catch(() => []);
  const logs = new Map<string, string>();
  for (const pod of pods.filter((name) => starts.some((start) => name.startsWith(start)))) {
    const files = await readdir(join(folder, pod), { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.log'))) {
      const text = await readFile(join(folder, pod, file), 'utf8').catch(() => undefined);
      if (text !== undefined) logs.set(`${pod}_${file.replaceAll('/', '_')}`, text);
    }
  }
  return logs;
}
