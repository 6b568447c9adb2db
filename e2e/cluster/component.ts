import { readFile } from 'node:fs/promises';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { isAlive, type ProcessId } from './process-table.ts';
import { type NotReady, waitUntilReady } from './readiness.ts';
import type { ClusterFolders } from './state.ts';

/** One process of a cluster: how it starts and how one sees that it serves. */
export interface Component {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly probe: () => Promise<NotReady>;
}

/** Waits until a component serves; its end or its silence is a UserError with the end of its log. */
export async function componentReady(
  component: Pick<Component, 'name' | 'probe'>,
  id: ProcessId,
  folders: ClusterFolders,
  signal?: AbortSignal,
): Promise<void> {
  const details = async (): Promise<string> => {
    const tail = await logTail(folders, component.name);
    return tail === '' ? '; its log is empty' : `; its log ends with: ${tail}`;
  };
  await waitUntilReady({
    what: component.name,
    timeout: 90_000,
    signal,
    details,
    probe: async () => {
      const reason = await component.probe().catch((thrown: unknown) => String(thrown));
      if (reason === undefined) return undefined;
      if (await isAlive(id)) return reason;
      throw new UserError(`${component.name} ended at once${await details()}`);
    },
  });
}

/** File that a component's output goes to. */
export function logFile(folders: ClusterFolders, name: string): string {
  return join(folders.logs, `${name}.log`);
}

/** Content once a GET answers 2xx. `authority` (PEM) is asked for https only. */
export function httpProbe(url: string, authority?: string): () => Promise<NotReady> {
  return () =>
    new Promise((resolve) => {
      const options = { timeout: 2000, agent: false, ...(authority && { ca: authority }) } as const;
      const get = url.startsWith('https:') ? getHttps : getHttp;
      const call = get(url, options, (response) => {
        const status = response.statusCode ?? 0;
        response.resume();
        resolve(status >= 200 && status < 300 ? undefined : `${url} answers ${status}`);
      });
      call.on('timeout', () => call.destroy(new Error('no answer in 2 s')));
      call.on('error', (error) => {
        resolve(`${url}: ${error.message}`);
      });
    });
}

async function logTail(folders: ClusterFolders, name: string): Promise<string> {
  const text = await readFile(logFile(folders, name), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-5).join(' | ').slice(-1500);
}
