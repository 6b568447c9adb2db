/** A change of the cluster, as its request to the API server says it. */
export interface ApiWrite {
  verb: 'create' | 'update' | 'patch' | 'delete';
  /** The plural of the path: `pods`. */
  resource: string;
  /** Empty for objects of the cluster. */
  namespace: string;
  /** Empty where the API server makes the name. */
  name: string;
  /** Empty, or such as `status` and `eviction`. */
  subresource: string;
  body: unknown;
}

const VERBS: Partial<Record<string, ApiWrite['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Asked with POST, and nothing is stored: `selfsubjectreviews`. */
const QUESTION = 'reviews';

/**
 * What a request writes; `undefined` for one that writes nothing: a read, a dry run, a review.
 *
 * @param path path and query, as in the request line
 * @param text body of the request, JSON or empty
 */
export function readWrite(method: string, path: string, text: string): ApiWrite | undefined {
  const verb = VERBS[method];
  const { pathname, searchParams } = new URL(path, 'http://api');
  if (verb === undefined || searchParams.has('dryRun')) return undefined;
  const [root, ...rest] = pathname.split('/').slice(1).map(decodeURIComponent);
  // /api/v1/..., or /apis/GROUP/VERSION/...
  const parts = rest.slice(root === 'api' ? 1 : 2);
  // A Namespace itself has the path of its resource: /namespaces/NAME.
  const isInside = parts[0] === 'namespaces' && parts.length > 2;
  const [resource = '', named = '', subresource = ''] = isInside ? parts.slice(2) : parts;
  if (resource.endsWith(QUESTION)) return undefined;
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const name = named === '' ? textAt(body, 'metadata', 'name') : named;
  return { verb, resource, namespace: isInside ? (parts[1] ?? '') : '', name, subresource, body };
}

/** What is there in nested objects; `undefined` where the way ends before. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

/** The text there; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : '';
}
