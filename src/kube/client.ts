import type { JsonObject, KubeObject, Stored } from '../api/object.ts';
import { collectionPath, objectPath, type Kind, type ObjectRef } from '../api/resources.ts';
import { hasCode } from './api-error.ts';
import type { Metrics } from '../metrics.ts';
import type { Connection } from './connection.ts';
import { createHttp, servedAtOf, type Call } from './http.ts';

/** A page of a list. */
export interface List<T extends KubeObject> {
  items: Stored<T>[];
  resourceVersion: string;
  /** When, by the API server's clock, in ms since the epoch; absent where the answer has no date. */
  servedAt?: number;
  /** Where the next page starts; absent on the last one. */
  continue?: string;
}

/** An answer that is still open. */
export interface Stream {
  /** Lines of JSON, cut anywhere. */
  body: AsyncIterable<Buffer>;
  /** As of a list: when it began. */
  servedAt?: number;
}

/** Which objects: a selector in the API's own notation. */
export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
}

export type PatchType = 'json' | 'merge' | 'apply';

/** What is common to all calls. */
export interface CallOptions {
  signal?: AbortSignal;
  /** The API server does all but store the object. */
  dryRun?: boolean;
  /** Told each warning of the API server, whatever else it answers. */
  onWarning?: (text: string) => void;
}

export interface WriteOptions extends CallOptions {
  /** Nobody has work with more of the answer than its metadata: the rest is not there, its kind another. */
  metadataOnly?: boolean;
}

/**
 * The API of Kubernetes in raw JSON: fields that we do not know survive. Every call throws ApiError
 * where the server refuses and ApiUnreachable where it does not answer.
 */
export interface KubeClient {
  readonly server: string;
  /** For example `v1.36.3`. */
  version(options?: CallOptions): Promise<string>;
  /** The object, or `undefined` where there is none of that name. */
  get<T extends KubeObject>(ref: ObjectRef, options?: CallOptions): Promise<Stored<T> | undefined>;
  list<T extends KubeObject>(
    kind: Kind,
    list: ListOptions,
    options?: CallOptions,
  ): Promise<List<T>>;
  create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: { type: PatchType; body: object; subresource?: 'status' },
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  replace<T extends KubeObject>(object: Stored<T>, options?: CallOptions): Promise<Stored<T>>;
  delete(
    ref: ObjectRef,
    body: { uid: string; resourceVersion?: string; propagation: 'Background' | 'Foreground' },
    options?: WriteOptions,
  ): Promise<void>;
  /** Asks for the Pod's eviction; a disruption budget answers 429. */
  evict(ref: ObjectRef, uid: string, options?: CallOptions): Promise<void>;
  /** The open answer of a watch. `namespace` of the query is where, as of a list. */
  stream(kind: Kind, query: Record<string, string>, signal: AbortSignal): Promise<Stream>;
}

const FIELD_MANAGER = 'fluent-pvc-operator';

const PATCH_CONTENT_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A client of the API server behind the connection; `requested` is told of each try. */
export function createClient(
  connection: Connection,
  userAgent: string,
  requested?: Metrics['requested'],
): KubeClient {
  const http = createHttp(connection, userAgent, requested);
  return {
    server: connection.server,

    async version(options = {}) {
      const call: Call = { method: 'GET', path: '/version', ...options };
      return (await http.ask<{ gitVersion: string }>(call)).gitVersion;
    },

    async get<T extends KubeObject>(ref: ObjectRef, options: CallOptions = {}) {
      try {
        return await http.ask<Stored<T>>({ method: 'GET', path: objectPath(ref), ...options });
      } catch (error) {
        if (hasCode(error, 404)) return undefined;
        throw error;
      }
    },

    async list<T extends KubeObject>(kind: Kind, list: ListOptions, options: CallOptions = {}) {
      const { namespace, ...query } = list;
      const path = collectionPath(kind, namespace);
      const { headers, body: answer } = await http.answer<{
        apiVersion: string;
        kind: string;
        metadata: { resourceVersion: string; continue?: string };
        items: Stored<T>[] | null;
      }>({ method: 'GET', path, query, ...options });
      // Go writes an empty list like that, too.
      const items = answer.items ?? [];
      // The items of a list lack what the list says for all of them.
      const itemKind = answer.kind.replace(/List$/, '');
      for (const item of items) {
        item.apiVersion = answer.apiVersion;
        item.kind = itemKind;
      }
      const next = answer.metadata.continue;
      return {
        items,
        resourceVersion: answer.metadata.resourceVersion,
        ...servedAtOf(headers),
        ...(next === undefined || next === '' ? {} : { continue: next }),
      };
    },

    create: (object, options = {}) =>
      http.ask({
        method: 'POST',
        path: collectionPath(object.kind as Kind, object.metadata.namespace),
        query: writeQuery(options),
        body: object,
        ...options,
      }),

    patch: (ref, { type, body, subresource }, options = {}) =>
      http.ask({
        method: 'PATCH',
        path: objectPath(ref) + (subresource === undefined ? '' : `/${subresource}`),
        query: { ...writeQuery(options), force: type === 'apply' ? 'true' : undefined },
        body,
        contentType: PATCH_CONTENT_TYPES[type],
        ...options,
      }),

    replace: (object, options = {}) =>
      http.ask({
        method: 'PUT',
        path: objectPath({
          kind: object.kind as Kind,
          namespace: object.metadata.namespace,
          name: object.metadata.name,
        }),
        query: writeQuery(options),
        body: object,
        ...options,
      }),

    async delete(ref, { uid, resourceVersion, propagation }, options = {}) {
      await http.ask<JsonObject>({
        method: 'DELETE',
        path: objectPath(ref),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
          propagationPolicy: propagation,
          // A delete with a body is asked for by that alone, whatever its query says.
          ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
        },
        ...options,
      });
    },

    async evict(ref, uid, options = {}) {
      await http.ask<JsonObject>({
        method: 'POST',
        path: `${objectPath(ref)}/eviction`,
        query: { dryRun: dryRunOf(options) },
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: ref.name, namespace: ref.namespace },
          deleteOptions: { preconditions: { uid } },
        },
        ...options,
      });
    },

    async stream(kind, query, signal) {
      const { namespace, ...rest } = query;
      const path = collectionPath(kind, namespace);
      const { headers, body } = await http.open({ method: 'GET', path, query: rest, signal });
      return { body, ...servedAtOf(headers) };
    },
  };
}

function writeQuery(options: CallOptions): Record<string, string | undefined> {
  return { fieldManager: FIELD_MANAGER, dryRun: dryRunOf(options) };
}

function dryRunOf({ dryRun }: CallOptions): string | undefined {
  return dryRun === true ? 'All' : undefined;
}
