import { readFile, writeFile } from 'node:fs/promises';
import { messageOf } from '../../src/errors.ts';
import type { Reporter } from './reporter.ts';

const INSTANCES = '/proc/sys/fs/inotify/max_user_instances';
/**
 * The node of a cluster watches files by about 35 instances, and all clusters of a machine have the
 * kernel's 128 together: the fourth kubelet would end with "too many open files".
 */
const WANTED = 1024;

/**
 * Lets nodes watch files side by side. The limit stays raised: whoever takes it back would take it from
 * the clusters that still run.
 *
 * @param file where the kernel has the limit
 */
export async function raiseInotifyLimit(reporter: Reporter, file = INSTANCES): Promise<void> {
  const limit = Number(await readFile(file, 'utf8'));
  if (limit >= WANTED) return;
  try {
    await writeFile(file, String(WANTED));
    reporter.step(`raised fs.inotify.max_user_instances from ${limit} to ${WANTED}`);
  } catch (error) {
    // One cluster gets by with it.
    reporter.step(`fs.inotify.max_user_instances stays at ${limit}: ${messageOf(error)}`);
  }
}
