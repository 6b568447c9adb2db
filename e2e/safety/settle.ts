import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../src/errors.ts';
import { throwIfInterrupted, waitUntilReady } from '../cluster/readiness.ts';
import { type Account, accountOf, type Written } from './account.ts';
import { containersOf } from './node.ts';
import type { Subject } from './sight.ts';
import type { SafetyStage } from './stage.ts';

/** What ends a container has had its time by far, and the backend is back, in ms. */
const PATIENCE_MS = 480_000;
/** What comes later says nothing of when it was asked for. */
const AT_ONCE_MS = 2_000;
/** A backend may show a line a moment after it has acknowledged it. */
const SHOWN_MS = 10_000;

/**
 * Settles a run whose volume is released: nobody can ship any of its lines any more, so what the
 * backend lacks is lost.
 */
export async function settle(stage: SafetyStage, subject: Subject): Promise<Account> {
  await waitUntilReady({
    what: `the end of all processes of Pod ${subject.namespace}/${subject.name}`,
    timeout: PATIENCE_MS,
    every: 200,
    signal: stage.signal,
    probe: async () => {
      const left = await containersOf(stage.cluster, subject.uid);
      return left.length === 0 ? undefined : `${left.length} of its containers run`;
    },
  });
  const written = await stage.truth.written(subject.uid);
  const askedAt = performance.now();
  for (;;) {
    const account = await askBackend(stage, subject, written);
    const isSettled = account.lost.length === 0 || performance.now() - askedAt > SHOWN_MS;
    if (isSettled) return account;
    await sleep(1_000);
  }
}

/** How many different lines the backend has by now; `undefined` where it does not say so at once. */
export async function receivedSoFar(
  stage: SafetyStage,
  { uid }: Subject,
): Promise<number | undefined> {
  const asked = stage.example.received(stage, uid).then((lines) => new Set(lines).size);
  const late = new AbortController();
  const patience = sleep(AT_ONCE_MS, undefined, { signal: late.signal }).catch(() => undefined);
  try {
    return await Promise.race([asked, patience]);
  } catch {
    return undefined;
  } finally {
    late.abort();
    asked.catch(() => undefined);
  }
}

/** It may be away, or slow. */
async function askBackend(
  stage: SafetyStage,
  { uid }: Subject,
  written: Written,
): Promise<Account> {
  const startedAt = performance.now();
  for (;;) {
    throwIfInterrupted(stage.signal);
    try {
      return accountOf(written, await stage.example.received(stage, uid));
    } catch (thrown) {
      if (performance.now() - startedAt > PATIENCE_MS) {
        throw new Error(`the backend does not answer: ${messageOf(thrown)}`, { cause: thrown });
      }
      await sleep(1_000);
    }
  }
}
