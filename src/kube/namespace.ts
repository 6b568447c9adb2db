import type { KubeObject } from '../api/object.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL } from '../core/registration.ts';
import { hasCode } from './api-error.ts';
import type { KubeClient } from './client.ts';

/**
 * Makes sure that a namespace of our own exists. One that is there is left as it is, and stays at
 * the end: another run may be about to use it.
 */
export async function ensureNamespace(
  { client, signal }: { client: Pick<KubeClient, 'get' | 'create'>; signal: AbortSignal },
  name: string,
  instance: string,
): Promise<void> {
  if ((await client.get({ kind: 'Namespace', name }, { signal })) !== undefined) return;
  const namespace: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance } },
  };
  try {
    await client.create(namespace, { signal });
  } catch (error) {
    // Another replica was faster.
    if (!hasCode(error, 409)) throw error;
  }
}
