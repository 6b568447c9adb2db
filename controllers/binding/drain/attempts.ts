import type { Binding } from '../../../src/api/binding.ts';
import { finalizationOf } from '../../../src/api/fluentpvc.ts';
import { annotations } from '../../../src/api/names.ts';

/*
 * How often a finalizer Job is made again, and when.
 */

const FIRST_BACKOFF_MS = 10_000;
const BACKOFF_LIMIT_MS = 30 * 60_000;

/** When the next Job is due after that many failed ones, in ms. */
export function drainBackoffMs(attempts: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempts - 1, 20), BACKOFF_LIMIT_MS);
}

/** Has the operator made as many attempts as it makes by itself? */
export function isExhausted(binding: Binding): boolean {
  return isLastAttempt(binding, binding.status?.attempts ?? 0);
}

/** Is none made by itself after that many? */
export function isLastAttempt({ spec }: Binding, attempts: number): boolean {
  return attempts >= (finalizationOf(spec).attempts ?? Infinity);
}

/** What people can do after the last one. */
export function peoplesTurn({ spec }: Binding, attempts: number): string {
  const { attempts: limit = attempts } = finalizationOf(spec);
  const which = attempts > limit ? 'one more after the last' : 'the last';
  return (
    `It was ${which} of ${limit} attempts (finalization.attempts): no further one is made unless ` +
    `the annotation ${annotations.retry} gets a new value, which runs one more; ` +
    `${annotations.release}: ${spec.pvc.uid} gives the data up.`
  );
}
