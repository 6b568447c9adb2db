import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../src/errors.ts';

/** What does not come at once is not looked for so often: others need the machine. */
const LOOK_EVERY_MS = { least: 50, most: 500 };

/**
 * What the probe finds, as soon as it finds something; a probe that throws has found nothing yet.
 *
 * @param what ends the sentence "waited for ..."
 * @throws Error that says what was awaited, and what the probe said last
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const startedAt = Date.now();
  for (;;) {
    let last = 'nothing';
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = messageOf(error);
    }
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > timeoutMs) {
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}; saw ${last}`);
    }
    await sleep(Math.min(LOOK_EVERY_MS.least + waitedMs / 50, LOOK_EVERY_MS.most));
  }
}
