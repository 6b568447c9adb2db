import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../../src/errors.ts';

/** Why a thing is not ready yet, or `undefined` when it is. */
export type NotReady = string | undefined;

/** What to wait for. */
export interface Wait {
  /** Subject of the message when it does not happen, such as "kube-apiserver". */
  readonly what: string;
  /** Asked again and again; throwing counts as not ready, except for a UserError. */
  readonly probe: () => Promise<NotReady>;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds between two probes. */
  readonly every?: number;
  /** Ends the wait with a UserError. */
  readonly signal?: AbortSignal | undefined;
  /** Text added to the message of a failure, such as the end of a log. */
  readonly details?: () => Promise<string>;
}

/**
 * Waits until the probe is content; a UserError names what did not become ready and why. For the
 * programs of e2e/ (cluster, operator, demo), which a user interrupts and which import nothing of
 * test/. Tests wait with `eventually`, for which no fault is final and which gives what it found.
 */
export async function waitUntilReady(wait: Wait): Promise<void> {
  const deadline = Date.now() + wait.timeout;
  for (;;) {
    throwIfInterrupted(wait.signal);
    const reason = await reasonOf(wait.probe);
    if (reason === undefined) return;
    if (Date.now() > deadline) {
      const details = wait.details === undefined ? '' : await wait.details();
      const seconds = Math.round(wait.timeout / 1000);
      throw new UserError(`${wait.what} is not ready after ${seconds} s: ${reason}${details}`);
    }
    await sleep(wait.every ?? 50);
  }
}

/** A user who has interrupted the program gets one line, as for other expected ends. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new UserError('interrupted');
}

/** Rejects when the program is to end, with a UserError that says why: what hangs must not keep it. */
export function whenInterrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => {
      reject(new UserError(messageOf(signal.reason)));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** The probe's answer, where a failure to ask is an answer too. */
export async function reasonOf(probe: () => Promise<NotReady>): Promise<NotReady> {
  try {
    return await probe();
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    return messageOf(thrown);
  }
}
