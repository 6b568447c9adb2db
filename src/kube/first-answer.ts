import { delay, isAborted, type Clock } from '../clock.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { ApiError, ApiUnreachable, isFinal } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import { needed } from './needed.ts';

const BACKOFF = { firstMs: 500, limitMs: 30_000 };

/**
 * The answer to the first question of a process. An API server that is away, or overloaded, is waited
 * for: who ends instead is started anew only after up to five minutes (`CrashLoopBackOff`).
 *
 * @param waits is told why, before each wait
 * @returns `undefined` when the signal aborted before
 * @throws UserError for a no that stays one, credentials that are not taken included, and for a server that is another one
 */
export async function firstAnswer<T>(
  ask: () => Promise<T>,
  { clock, log, waits }: { clock: Clock; log: Log; waits: (why: string) => void },
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let failures = 1; !isAborted(signal); failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (isAborted(signal)) break;
      if (!passes(error)) return needed(Promise.reject(error as Error));
      const why = messageOf(error);
      waits(why);
      log.warn('the API server does not answer yet; will try again', { error: why });
      const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      await delay(clock, Math.max(askedMs, backoffMs(failures, BACKOFF)), signal);
    }
  }
  return undefined;
}

function passes(error: unknown): boolean {
  if (error instanceof ApiError) return !isFinal(error) && error.code !== 401;
  return error instanceof ApiUnreachable && !isMistaken(error.fault);
}

/** Credentials that cannot be had, or a server that is not the one of the kubeconfig: nothing to wait for. */
function isMistaken(fault: unknown): boolean {
  if (fault instanceof UserError) return true;
  const { code } = Object(fault) as { code?: unknown };
  return typeof code === 'string' && /CERT|TLS|UNABLE_TO_VERIFY/.test(code);
}
