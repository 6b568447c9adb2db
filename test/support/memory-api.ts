import jsonPatch from 'fast-json-patch';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Kind, ObjectRef } from '../../src/api/resources.ts';
import { ApiError } from '../../src/kube/api-error.ts';
import type { KubeClient } from '../../src/kube/client.ts';

/** One request, as far as tests look at it. */
export interface Request {
  verb: 'get' | 'list' | 'create' | 'patch' | 'replace' | 'delete' | 'evict';
  kind: string;
  name: string;
  dryRun?: boolean;
}

/** What the API server does with a request instead of its work: throw. */
export type Refusal = (request: Request) => Error | undefined;

/** As much of an API server as plans and their writes need, in memory. */
export interface MemoryApi extends KubeClient {
  readonly requests: Request[];
  refuse: Refusal;
  /** What its clock says, in ms since the epoch; `undefined`: its answers have no date. */
  servedAt: number | undefined;
  /** Stores an object as it is. */
  put<T extends KubeObject>(object: T): Stored<T>;
  find(kind: Kind, name: string): Stored<KubeObject> | undefined;
  /** The requests that would change something. */
  readonly writes: Request[];
}

/** The refusal of an API server. */
export function refusal(code: number, reason: string, message = reason): ApiError {
  return new ApiError('TEST /path', code, { code, reason, message });
}

export function memoryApi(...objects: KubeObject[]): MemoryApi {
  const stored = new Map<string, Stored<KubeObject>>();
  const requests: Request[] = [];
  let version = 100;

  const idOf = (ref: { kind: string; namespace?: string | undefined; name: string }): string =>
    `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`;
  const keep = <T extends KubeObject>(object: T): Stored<T> => {
    version += 1;
    const name = object.metadata.name ?? `${object.metadata.generateName ?? ''}${version}`;
    const kept = {
      ...structuredClone(object),
      metadata: {
        uid: `uid-${version}`,
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...structuredClone(object.metadata),
        name,
        resourceVersion: String(version),
      },
    } as Stored<T>;
    const id = idOf({ kind: object.kind, namespace: object.metadata.namespace, name });
    const gone = kept.metadata.deletionTimestamp !== undefined && !kept.metadata.finalizers?.length;
    if (gone) stored.delete(id);
    else stored.set(id, kept);
    return structuredClone(kept);
  };
  const existing = (ref: ObjectRef): Stored<KubeObject> => {
    const object = stored.get(idOf(ref));
    if (object === undefined) throw refusal(404, 'NotFound', `${ref.name} not found`);
    return object;
  };
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw refusal(409, 'Conflict', `Precondition failed: ${what}`);
  };
  const asked = (
    verb: Request['verb'],
    ref: { kind: string; name?: string | undefined },
    dryRun?: boolean,
  ): void => {
    const request: Request = {
      verb,
      kind: ref.kind,
      name: ref.name ?? '',
      ...(dryRun === undefined ? {} : { dryRun }),
    };
    requests.push(request);
    const error = api.refuse(request);
    if (error !== undefined) throw error;
  };

  const api: MemoryApi = {
    server: 'https://memory',
    requests,
    refuse: () => undefined,
    servedAt: undefined,
    put: keep,
    find: (kind, name) =>
      [...stored.values()].find((object) => object.kind === kind && object.metadata.name === name),
    get writes() {
      return requests.filter(({ verb }) => verb !== 'get' && verb !== 'list');
    },
    version: () => Promise.resolve('v1.36.3'),
    get: async <T extends KubeObject>(ref: ObjectRef) => {
      await Promise.resolve();
      asked('get', ref);
      return structuredClone(stored.get(idOf(ref))) as Stored<T> | undefined;
    },
    list: async <T extends KubeObject>(kind: Kind, list: { labelSelector?: string }) => {
      await Promise.resolve();
      asked('list', { kind });
      const items = [...stored.values()].filter(
        (object) => object.kind === kind && isSelected(object, list.labelSelector ?? ''),
      );
      return {
        items: structuredClone(items) as Stored<T>[],
        resourceVersion: String(version),
        ...(api.servedAt === undefined ? {} : { servedAt: api.servedAt }),
      };
    },
    create: async (object, options) => {
      await Promise.resolve();
      asked('create', { kind: object.kind, name: object.metadata.name }, options?.dryRun);
      const { name, namespace } = object.metadata;
      if (name !== undefined && stored.has(idOf({ kind: object.kind, namespace, name }))) {
        throw refusal(409, 'AlreadyExists', `${name} already exists`);
      }
      return keep(object);
    },
    patch: async <T extends KubeObject>(
      ref: ObjectRef,
      { type, body }: { type: string; body: object },
    ) => {
      await Promise.resolve();
      asked('patch', ref);
      const old = existing(ref);
      const next =
        type === 'json'
          ? jsonPatched(old, body as jsonPatch.Operation[])
          : (merged(old, body) as Stored<KubeObject>);
      demand(next.metadata.uid === old.metadata.uid, 'uid');
      demand(next.metadata.resourceVersion === old.metadata.resourceVersion, 'resourceVersion');
      return (isDeepStrictEqual(next, old) ? old : keep(next)) as Stored<T>;
    },
    replace: async (object) => {
      await Promise.resolve();
      const { name, namespace } = object.metadata;
      const ref = { kind: object.kind as Kind, namespace, name };
      asked('replace', ref);
      demand(existing(ref).metadata.resourceVersion === object.metadata.resourceVersion, 'version');
      return keep(object);
    },
    delete: async (ref, { uid, resourceVersion = '' }) => {
      await Promise.resolve();
      asked('delete', ref);
      const old = existing(ref);
      demand(old.metadata.uid === uid, `UID in precondition: ${uid}`);
      const isOld = !['', old.metadata.resourceVersion].includes(resourceVersion);
      demand(!isOld, `ResourceVersion in precondition: ${resourceVersion}`);
      keep({
        ...old,
        metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      });
    },
    evict: async (ref) => {
      await Promise.resolve();
      asked('evict', ref);
    },
    stream: () => Promise.reject(new Error('no watches here')),
  };
  for (const object of objects) keep(object);
  return api;
}

/** By `key=value`, `key!=value`, `key` (there is one) or `!key` (there is none), with commas between them. */
function isSelected({ metadata: { labels = {} } }: KubeObject, selector: string): boolean {
  return selector.split(',').every((part) => holds(labels, part));
}

function holds(labels: Record<string, string>, part: string): boolean {
  const [label = '', value] = part.split('=');
  if (label === '') return true;
  if (label.endsWith('!')) return labels[label.slice(0, -1)] !== value;
  if (label.startsWith('!')) return labels[label.slice(1)] === undefined;
  return value === undefined ? labels[label] !== undefined : labels[label] === value;
}

function jsonPatched(
  object: Stored<KubeObject>,
  operations: jsonPatch.Operation[],
): Stored<KubeObject> {
  try {
    return jsonPatch.applyPatch(structuredClone(object), operations, true).newDocument;
  } catch {
    const message = 'the server rejected our request due to an error in our request';
    throw refusal(422, 'Invalid', message);
  }
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, name);
    else result[name] = merged(result[name], value);
  }
  return result;
}
