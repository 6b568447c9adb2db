import { excerpt } from '../core/excerpt.ts';
import { messageOf } from '../errors.ts';

/** `metav1.Status` as far as it matters here. */
export interface Status {
  code?: number;
  reason?: string;
  message?: string;
  details?: {
    /** Of what the answer speaks: `pods`, `namespaces`. */
    kind?: string;
    causes?: { reason?: string; field?: string; message?: string }[];
    retryAfterSeconds?: number;
  };
}

/** A proxy may ask for a wait of hours: the API server is back before. */
const RETRY_AFTER_LIMIT_MS = 120_000;

/** Of what the API server said, in bytes: a policy, or an invalid object, may be refused at any length. */
const MAX_SAID_BYTES = 4000;

/** The API server answered and the answer was no. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** What was asked: the first word of the request. */
  readonly method: string;
  /** HTTP status code. */
  readonly code: number;
  /** Machine readable reason, for example `AlreadyExists`; empty where a proxy answered. */
  readonly reason: string;
  readonly status: Status;
  /** How long the server wants us to wait, in ms; two minutes at most. */
  readonly retryAfterMs: number | undefined;

  constructor(request: string, code: number, status: Status, retryAfterHeader?: string) {
    const said = excerpt(status.message ?? 'no message', MAX_SAID_BYTES);
    super(`${request}: ${said} (${status.reason ?? ''} ${code})`);
    this.method = request.split(' ', 1)[0] ?? '';
    this.code = code;
    this.reason = status.reason ?? '';
    this.status = status;
    // 0 says nothing: who waits for no time hammers.
    const seconds = status.details?.retryAfterSeconds ?? Number(retryAfterHeader ?? NaN);
    this.retryAfterMs = seconds > 0 ? Math.min(seconds * 1000, RETRY_AFTER_LIMIT_MS) : undefined;
  }
}

/** There was no answer: refused, cut, timed out. Whether a write was done is not known. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
  /** What was thrown for it; the message has its words. */
  readonly fault: unknown;

  constructor(request: string, cause: unknown) {
    super(`${request}: no answer from the API server (${messageOf(cause)})`);
    this.fault = cause;
  }
}

/**
 * A no that stays one until somebody changes something: no conflict, no overload, no outage. Credentials
 * that are not taken say nothing of what was asked.
 */
export function isFinal({ code }: ApiError): boolean {
  return code >= 400 && code < 500 && ![401, 408, 409, 429].includes(code);
}

/** Is it the API server's answer with that code? */
export function hasCode(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code;
}
