import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Cluster } from '../cluster/running-cluster.ts';
import { errorCode } from '../cluster/error-code.ts';
import { type Written, writtenIn } from './account.ts';
import { GATES } from './writer.ts';

/*
 * What was written is read from the file itself. A volume is a folder of this machine, and this
 * program makes a second name for the app's file (a hard link), outside of the volume, before the
 * app writes its first line: the writer waits at a gate until that is done. So the file outlives its
 * volume, whoever releases that and when, and has every line that any process has ever written to
 * it: those of a writer that was killed and could count no more, and those that a writer adds when
 * the volume is drained or gone already. The latter is what an operator must prevent, and it shows
 * here as a loss. No word of app, shipper or operator is taken for it.
 */

/** The files of Pods, by their second names. */
export interface Truth {
  /** Lets the Pod write once its file is there and held; true when that is so. */
  admit(pod: PodFile): Promise<boolean>;
  /** Is its file there? */
  holds(pod: PodFile): Promise<boolean>;
  /** Lines that its file has by now. */
  count(uid: string): Promise<number>;
  /** All of it, to be asked for when no process of the Pod is left. */
  written(uid: string): Promise<Written>;
}

/** Where a Pod writes. */
export interface PodFile {
  readonly uid: string;
  /** Of its PersistentVolume, as the node sees it. */
  readonly volumePath: string;
  /** Of its file, within the volume. */
  readonly file: string;
}

/** Makes the folders of second names and of gates, beside that of the volumes: one file system. */
export async function openTruth({ volumes }: Pick<Cluster, 'volumes'>): Promise<Truth> {
  const nodeTmp = dirname(volumes);
  const names = join(nodeTmp, 'safety-files');
  const gates = join(nodeTmp, basename(GATES));
  for (const folder of [names, gates]) await mkdir(folder, { recursive: true });
  const original = ({ volumePath, file }: PodFile): string =>
    join(volumes, basename(volumePath), file);
  const counts = new Map<string, { bytes: number; lines: number }>();
  return {
    async admit(pod) {
      try {
        await link(original(pod), join(names, pod.uid));
      } catch (thrown) {
        if (errorCode(thrown) === 'ENOENT') return false;
        throw thrown;
      }
      await writeFile(join(gates, pod.uid), '');
      return true;
    },
    holds: (pod) => Promise.resolve(existsSync(original(pod))),
    async count(uid) {
      const known = counts.get(uid) ?? { bytes: 0, lines: 0 };
      const added = await readFrom(join(names, uid), known.bytes);
      const lines = known.lines + added.toString('latin1').split('\n').length - 1;
      counts.set(uid, { bytes: known.bytes + added.length, lines });
      return lines;
    },
    async written(uid) {
      return writtenIn(await readFile(join(names, uid), 'utf8').catch(nothingThere));
    },
  };
}

/** Its writer was never let in, and has written nothing. */
function nothingThere(thrown: unknown): string {
  if (errorCode(thrown) === 'ENOENT') return '';
  throw thrown;
}

async function readFrom(path: string, start: number): Promise<Buffer> {
  const { size } = await stat(path).catch(() => ({ size: start }));
  if (size <= start) return Buffer.alloc(0);
  await using file = await open(path, 'r');
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.subarray(0, bytesRead);
}
