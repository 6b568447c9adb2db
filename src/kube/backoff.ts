/**
 * Waiting times that double from one failure to the next, up to a limit, each made up to 20 %
 * longer at random, so that clients that failed together do not come back together.
 */
export interface BackoffOptions {
  firstMs: number;
  limitMs: number;
  random?: () => number;
}

/** By how much a wait may be longer than said. */
const JITTER = 0.2;

/** The wait after that many failures in a row (1 for the first). */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const { firstMs, limitMs, random = Math.random } = options;
  const exponent = Math.min(Math.max(failures - 1, 0), 40);
  return Math.min(firstMs * 2 ** exponent, limitMs) * (1 + JITTER * random());
}

/**
 * A wait that a server asks for. Everybody is told the same: not all of them should come back at the same
 * moment.
 */
export function atLeastMs(askedMs: number, random?: () => number): number {
  const options = random === undefined ? {} : { random };
  return backoffMs(1, { firstMs: askedMs, limitMs: askedMs, ...options });
}

/** No wait is longer. */
export function longestMs({ limitMs }: Pick<BackoffOptions, 'limitMs'>): number {
  return limitMs * (1 + JITTER);
}
