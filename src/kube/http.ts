import type { Dispatcher } from 'undici';
import { deadline } from '../clock.ts';
import { ApiError, ApiUnreachable, type Status } from './api-error.ts';
import type { Metrics } from '../metrics.ts';
import type { Connection } from './connection.ts';

/** One request to the API server. */
export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path of the API, without query and without the path prefix of the server. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: object;
  contentType?: string;
  signal?: AbortSignal;
  /** Of an object, nothing but kind and metadata is answered: for who does not read the rest. */
  metadataOnly?: boolean;
  /** Told each warning of the API server, whatever else it answers. */
  onWarning?: (text: string) => void;
}

/** What the API server itself allows a request, in ms. */
export const ANSWER_MS = 60_000;

const JSON_TYPE = 'application/json';
/** See the Kubernetes API concepts, "Metadata-only fetches"; what has no metadata comes as it is. */
const METADATA = `${JSON_TYPE};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,${JSON_TYPE}`;

/** An answer that was read to its end. */
export interface Answer<T> {
  headers: Dispatcher.ResponseData['headers'];
  body: T;
}

export interface Http {
  /** The answer as JSON. */
  ask<T>(call: Call): Promise<T>;
  /** The same with its headers, their names in lower case. */
  answer<T>(call: Call): Promise<Answer<T>>;
  /** The answer with its body still to be read. */
  open(call: Call): Promise<Dispatcher.ResponseData>;
}

/**
 * Requests over the connection; `requested` is told of each try. Both throw {@link ApiError} where the server refuses and
 * {@link ApiUnreachable} where it does not answer.
 */
export function createHttp(
  connection: Connection,
  userAgent: string,
  requested: Metrics['requested'] = () => undefined,
): Http {
  const trying = (call: Call): Promise<Dispatcher.ResponseData> =>
    send(connection, { userAgent, requested }, call);
  const open = async (call: Call): Promise<Dispatcher.ResponseData> => {
    let answer = await trying(call);
    if (answer.statusCode === 401) {
      // A token that was replaced is no fault of the caller's, and nothing was done.
      connection.renew();
      await answer.body.dump();
      answer = await trying(call);
    }
    if (call.onWarning !== undefined) warningsIn(answer).forEach(call.onWarning);
    if (answer.statusCode < 300) return answer;
    if (answer.statusCode === 401) connection.renew();
    throw await refusal(call, answer);
  };
  const answer = async <T>(call: Call): Promise<Answer<T>> => {
    // Also while the body comes: a connection that is half open says nothing for ever.
    using limit = deadline(ANSWER_MS, call.signal);
    const { headers, body } = await open({ ...call, signal: limit.signal });
    try {
      return { headers, body: (await body.json()) as T };
    } catch (error) {
      throw new ApiUnreachable(nameOf(call), error);
    }
  };
  return { open, answer, ask: async <T>(call: Call) => (await answer<T>(call)).body };
}

async function send(
  connection: Connection,
  { userAgent, requested }: { userAgent: string; requested: Metrics['requested'] },
  call: Call,
): Promise<Dispatcher.ResponseData> {
  const url = new URL(connection.server + call.path);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const contentType =
    call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' };
  const once = async (): Promise<Dispatcher.ResponseData> => {
    const { dispatcher, headers } = await connection.authenticated();
    let code: number | undefined;
    try {
      const answer = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: call.method,
        headers: {
          ...headers,
          ...contentType,
          accept: call.metadataOnly === true ? METADATA : JSON_TYPE,
          'user-agent': userAgent,
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        // Behind a DELETE with a body undici closes the connection, for servers that do not read it. An API
        // server does, and a new connection costs more than the request.
        reset: false,
        signal: call.signal ?? null,
      });
      code = answer.statusCode;
      return answer;
    } finally {
      requested({ host: url.host, method: call.method, code });
    }
  };
  try {
    return await once().catch((error: unknown) => {
      if (!isCut(error) || !isRepeatable(call) || call.signal?.aborted === true) throw error;
      return once();
    });
  } catch (error) {
    throw new ApiUnreachable(nameOf(call), error);
  }
}

/**
 * Did the connection end before an answer began? A server or a proxy may close one that was kept,
 * just when the next request is on its way: to deny a Pod for that would be a pity.
 */
function isCut(error: unknown): boolean {
  const { code } = error as { code?: string };
  return ['UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'ECONNRESET', 'EPIPE'].includes(code ?? '');
}

/**
 * The request may have arrived all the same. Every write of ours can be repeated (it names a version,
 * a uid, or a name that one admission only has), but for a new object that the server gives its name.
 */
function isRepeatable({ method, body }: Call): boolean {
  const { metadata } = (body ?? {}) as { metadata?: { name?: string } };
  return method !== 'POST' || metadata?.name !== undefined;
}

async function refusal(call: Call, answer: Dispatcher.ResponseData): Promise<ApiError> {
  const text = await answer.body.text().catch(() => '');
  const retryAfter = answer.headers['retry-after'];
  return new ApiError(
    nameOf(call),
    answer.statusCode,
    statusOf(text),
    typeof retryAfter === 'string' ? retryAfter : undefined,
  );
}

/** Texts of the headers `Warning: 299 - "text"`, which the API server writes as UTF-8. */
function warningsIn({ headers: { warning = [] } }: Dispatcher.ResponseData): string[] {
  return [warning]
    .flat()
    .map((header) => Buffer.from(header, 'latin1').toString('utf8'))
    .flatMap((header) =>
      [...header.matchAll(/299 \S+ "((?:\\.|[^"\\])*)"/g)].map(([, text = '']) =>
        text.replace(/\\(.)/g, '$1'),
      ),
    );
}

/** When an answer with these headers was made, by the clock of the API server. */
export function servedAtOf({ date }: Answer<unknown>['headers']): { servedAt?: number } {
  const servedAt = Date.parse(String(date));
  return Number.isNaN(servedAt) ? {} : { servedAt };
}

/** The Status in the body, or what a proxy in between had to say. */
function statusOf(text: string): Status {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null) return status;
  } catch {
    // No JSON: its text is the message.
  }
  return { message: text.slice(0, 200).trim() };
}

function nameOf(call: Call): string {
  return `${call.method} ${call.path}`;
}
