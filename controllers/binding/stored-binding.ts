import type { Binding } from '../../src/api/binding.ts';
import type { Stored } from '../../src/api/object.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { bindingRef } from './binding-facts.ts';

/**
 * The binding as the API server has it, with the snapshot that the cache does not keep; `undefined` where
 * it is gone, or another version than the cache's by now: then what was decided from that does not hold.
 */
export async function storedBinding(
  client: Pick<KubeClient, 'get'>,
  cached: Stored<Binding>,
  signal: AbortSignal,
): Promise<Stored<Binding> | undefined> {
  const binding = await client.get<Binding>(bindingRef(cached), { signal });
  const isSame = binding?.metadata.resourceVersion === cached.metadata.resourceVersion;
  return isSame ? binding : undefined;
}
