import { readFile, rm, writeFile } from 'node:fs/promises';
import { UserError } from '../../src/errors.ts';
import type { KeyPair } from './certificates.ts';

/** How to reach a cluster as somebody. */
export interface Access {
  /** Name of the cluster, its user and its context in the file. */
  readonly name: string;
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly authority: string;
  readonly credentials: KeyPair;
}

const ours = '# Written by the embedded cluster of fluent-pvc-operator';

/** A kubeconfig that needs no other file. JSON is YAML, so there is nothing to quote. */
export function kubeconfig({ name, server, authority, credentials }: Access): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(credentials.certificate),
          'client-key-data': base64(credentials.key),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return `${ours}\n${JSON.stringify(config, null, 2)}\n`;
}

/** Writes a copy where the user wants it, but never over a file that is somebody else's. */
export async function writeUserKubeconfig(file: string, text: string): Promise<void> {
  await requireOwnFile(file);
  await writeFile(file, text, { mode: 0o600 });
}

/** A UserError for a file that the embedded cluster has not written. */
export async function requireOwnFile(file: string): Promise<void> {
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there !== undefined && there !== '' && !there.startsWith(ours)) {
    throw new UserError(`${file} is not a file of the embedded cluster; name another --kubeconfig`);
  }
}

/** Removes the copy of a cluster that is gone, unless it was replaced in the meantime. */
export async function removeUserKubeconfig(file: string, text: string): Promise<void> {
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there === text) await rm(file, { force: true });
}
