import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { objectPath, type ObjectRef } from '../../src/api/resources.ts';
import type { WriteOptions } from '../../src/kube/client.ts';
import type { Api } from './harness.ts';

/*
 * What people ask of the API server with kubectl, asked without it.
 */

/** Deletes what has that name, whatever its uid, and does not wait for it to go. */
export async function remove(
  { client }: Pick<Api, 'client'>,
  ref: ObjectRef,
  options?: WriteOptions,
): Promise<void> {
  const found = await client.get(ref);
  if (found === undefined) throw new Error(`there is no ${ref.kind} "${ref.name}" to delete`);
  const { uid } = found.metadata;
  await client.delete(ref, { uid, propagation: 'Background' }, options);
}

/** Deletes the Pod by force: no kubelet is waited for. */
export async function removeByForce({ http }: Pick<Api, 'http'>, pod: Stored<Pod>): Promise<void> {
  const { namespace, name } = pod.metadata;
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 };
  await http.ask({ method: 'DELETE', path: objectPath({ kind: 'Pod', namespace, name }), body });
}

/** Sets annotations. */
export async function annotate(
  { client }: Pick<Api, 'client'>,
  ref: ObjectRef,
  annotations: Record<string, string>,
): Promise<void> {
  await client.patch(ref, { type: 'merge', body: { metadata: { annotations } } });
}

/** Requests that change nothing: admission is the same. */
export interface DryRun {
  /** The warnings of the API server; ApiError where it refuses. */
  create(object: KubeObject): Promise<string[]>;
  /** As a merge patch. */
  patch(ref: ObjectRef, body: object, subresource?: 'status'): Promise<string[]>;
  delete(ref: ObjectRef): Promise<string[]>;
}

export function dryRun(api: Pick<Api, 'client'>): DryRun {
  const warnings = async (
    request: (options: WriteOptions) => Promise<unknown>,
  ): Promise<string[]> => {
    const heard: string[] = [];
    await request({ dryRun: true, onWarning: (text) => heard.push(text) });
    return heard;
  };
  return {
    create: (object) => warnings((options) => api.client.create(object, options)),
    patch: (ref, body, subresource) =>
      warnings((options) =>
        api.client.patch(
          ref,
          { type: 'merge', body, ...(subresource === undefined ? {} : { subresource }) },
          options,
        ),
      ),
    delete: (ref) => warnings((options) => remove(api, ref, options)),
  };
}
