import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { dnsObjects } from './dns.ts';
import { nodeStates } from './nodes.ts';
import { type ClusterObject, simulatedNode, storageClass } from './objects.ts';
import { throwIfInterrupted, waitUntilReady } from './readiness.ts';

/** Objects applied side by side: enough for a thousand nodes in seconds, no flood. */
const batchSize = 40;

/** Applies what a new cluster needs beside its processes. */
export async function applyObjects(
  client: ApiClient,
  config: ClusterConfig,
  signal: AbortSignal,
): Promise<void> {
  const objects = objectsFor(config);
  for (let start = 0; start < objects.length; start += batchSize) {
    const batch = objects.slice(start, start + batchSize);
    await Promise.all(batch.map((object) => applyObject(client, object, signal)));
  }
}

async function applyObject(
  client: ApiClient,
  { path, object }: ClusterObject,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    throwIfInterrupted(signal);
    try {
      await client.apply(path, object);
      return;
    } catch (thrown) {
      // The API server is still making namespaces when it says that it is ready.
      if (attempt === 50) throw thrown;
      await sleep(100);
    }
  }
}

/** Waits until Pods can be made (they need the default ServiceAccount) and have a place. */
export async function waitUntilUsable(
  client: ApiClient,
  config: ClusterConfig,
  signal: AbortSignal,
): Promise<void> {
  const wanted = config.nodes.kind === 'real' ? 1 : config.nodes.count;
  await Promise.all([
    waitUntilReady({
      what: 'ServiceAccount default/default',
      timeout: 30_000,
      signal,
      probe: async () => {
        const { status } = await client.get('/api/v1/namespaces/default/serviceaccounts/default');
        return status === 200 ? undefined : `the API server answers ${status}`;
      },
    }),
    waitUntilReady({
      what: wanted === 1 ? 'the node' : `the ${wanted} nodes`,
      timeout: 90_000,
      every: 100,
      signal,
      probe: async () => {
        const { body } = await client.get('/api/v1/nodes');
        const ready = nodeStates(body).filter((node) => node.ready).length;
        return ready >= wanted ? undefined : `${ready} of ${wanted} are Ready`;
      },
    }),
  ]);
}

function objectsFor(config: ClusterConfig): readonly ClusterObject[] {
  const { nodes, apiServerOnly } = config;
  if (apiServerOnly) return [storageClass];
  return nodes.kind === 'real'
    ? [storageClass, ...dnsObjects(config)]
    : [storageClass, ...Array.from({ length: nodes.count }, (_, index) => simulatedNode(index))];
}
