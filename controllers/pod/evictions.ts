import type { Clock } from '../../src/clock.ts';
import { ApiError } from '../../src/kube/api-error.ts';

/** What became of the tries to delete a Pod, and what was told of it. Times are ms since the epoch. */
export interface Eviction {
  /** When the API server last agreed: the watch will show it. */
  doneAt?: number;
  /** Before then the API server does not want to be asked again. */
  notBefore?: number;
  /** Since when disruption budgets refuse it, and in which words. */
  held?: { since: number; by: string };
  /** Was told that it waits for its turn? */
  waitTold?: boolean;
  /** Was told that budgets hold it? */
  holdTold?: boolean;
}

/** Remembers the evictions of Pods by uid, for as long as these are there. */
export interface Evictions {
  of(uid: string): Eviction;
  told(uid: string, what: 'waitTold' | 'holdTold'): void;
  /** What came of a try: nothing, or the error that it ended in. */
  ended(uid: string, error: unknown): void;
  forget(uid: string): void;
}

export function createEvictions(clock: Clock): Evictions {
  const evictions = new Map<string, Eviction>();
  const change = (uid: string, part: Partial<Eviction>): void => {
    evictions.set(uid, { ...evictions.get(uid), ...part });
  };
  return {
    of: (uid) => evictions.get(uid) ?? {},
    told: (uid, what) => {
      change(uid, { [what]: true });
    },
    ended(uid, error) {
      const now = clock.now();
      if (error === undefined) {
        change(uid, { doneAt: now });
        return;
      }
      if (!(error instanceof ApiError)) return;
      if (error.retryAfterMs !== undefined) change(uid, { notBefore: now + error.retryAfterMs });
      if (!isBudgets(error)) return;
      const since = evictions.get(uid)?.held?.since ?? now;
      change(uid, { held: { since, by: wordsOf(error) } });
    },
    forget: (uid) => {
      evictions.delete(uid);
    },
  };
}

/**
 * Is it the no of a disruption budget? One that would be broken, or has just changed, answers 429
 * with a cause; so does an overloaded API server, without. Of a Pod that has several budgets the
 * eviction API says 500, for good (pkg/registry/core/pod/storage/eviction.go).
 */
function isBudgets({ code, status }: ApiError): boolean {
  if (code === 429)
    return (status.details?.causes ?? []).some(({ reason }) => reason === 'DisruptionBudget');
  return code === 500 && (status.message ?? '').includes('PodDisruptionBudget');
}

/** The cause names the budget and its numbers, the message does not. */
function wordsOf({ status }: ApiError): string {
  const causes = (status.details?.causes ?? []).flatMap(({ message }) => message ?? []);
  return [status.message ?? '', ...causes].join(' ').trim();
}
