/**
 * An error the user can act on: the program prints its message as one line, without a stack, and
 * exits non-zero. The message says what happened, to which object or file, and what to do.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The message of whatever was thrown, with the messages of its causes. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // undici says "fetch failed" and keeps the reason in the cause.
  return thrown.cause === undefined
    ? thrown.message
    : `${thrown.message}: ${messageOf(thrown.cause)}`;
}
