import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Claim } from '../src/api/claim.ts';
import type { Job } from '../src/api/job.ts';
import { annotations, DRAINED as STATE_DRAINED, finalizers, labels } from '../src/api/names.ts';
import { eventually } from '../test/support/eventually.ts';
import { COPY, DRAINED, drainedLines, ONE_LINE } from './lines.ts';
import { awaiting, give, given, openScene } from './scene.ts';
import { bindingOf, bindingWhere, conditionOf, getObject, notesOf } from './seen.ts';
import { PATIENCE_MS, type Stage } from './stage.ts';

/*
 * Finalizer Jobs that do not succeed at the first try, and what people say of them.
 */

/** Script that fails, with last words, unless it has been given that word. */
function failingUntil(word: string): string {
  return `${given(word)} || { echo "not yet" >/dev/termination-log; exit 3; }; ${COPY}`;
}

/** Tests on a stage that is open when they run. */
export function drains(stage: () => Stage): void {
  test.concurrent(
    'a failed drain is told, kept and tried again at the time that was told',
    async () => {
      const retried = await openScene(stage(), 'retried', {
        script: ONE_LINE,
        drain: failingUntil('retried'),
      });
      const { claim } = retried;
      const twice = await bindingWhere(retried, claim, 'two failures', ({ status }) => {
        return status?.attempts === 2 && status.phase === 'FinalizerJobFailed';
      });
      const { message, lastTransitionTime } = await conditionOf(
        retried,
        claim,
        'FinalizerJobFailed',
      );
      expect(message).toContain('exited with 3 (Error): not yet');
      const { nextAttemptTime = '' } = twice.status ?? {};
      expect(message).toContain(nextAttemptTime);
      // Ten seconds after the first failure, twenty after the second.
      expect(Date.parse(nextAttemptTime) - Date.parse(lastTransitionTime)).toBe(20_000);
      await give(retried, 'retried');
      const next = await eventually(
        'the next Job',
        async () => {
          const job = await getObject<Job>(retried, 'Job', claim);
          return job?.metadata.uid === twice.status?.jobUID ? undefined : job;
        },
        60_000,
      );
      expect(Date.parse(next.metadata.creationTimestamp)).toBeGreaterThanOrEqual(
        Date.parse(nextAttemptTime),
      );
      expect(await drainedLines(retried, claim)).toEqual(['line 1']);
    },
  );

  test.concurrent(
    'after the last attempt people decide, and a new value of retry is one more',
    async () => {
      const limited = await openScene(stage(), 'limited', {
        script: ONE_LINE,
        drain: failingUntil('limited'),
        finalization: { attempts: 1 },
      });
      const { claim, kubectl } = limited;
      const retry = (value: string): Promise<string> =>
        kubectl('annotate', '--overwrite', 'fpvcb', claim, `${annotations.retry}=${value}`);
      const exhausted = async (attempts: number): Promise<void> => {
        const { status } = await bindingWhere(
          limited,
          claim,
          `failure ${attempts}`,
          ({ status }) => {
            return status?.attempts === attempts && status.phase === 'FinalizerJobFailed';
          },
        );
        expect(status).not.toHaveProperty('nextAttemptTime');
        const { reason } = await conditionOf(limited, claim, 'FinalizerJobFailed');
        expect(reason).toBe('AttemptsExhausted');
      };
      await exhausted(1);
      const [note] = await eventually('the Event', async () => {
        const notes = await notesOf(limited, 'AttemptsExhausted');
        return notes.length > 0 && notes;
      });
      expect(note).toContain('the last of 1 attempts');
      await retry('a');
      await exhausted(2);
      await give(limited, 'limited');
      await retry('b');
      expect(await drainedLines(limited, claim)).toEqual(['line 1']);
    },
  );

  test.concurrent(
    'a Job that somebody deletes is made again, when the former has ended',
    async () => {
      const log = `${DRAINED}/deleted.log`;
      // Who is told to end takes its time.
      const mark = `trap "sleep 10; echo ended >>${log}; exit 1" TERM; echo began >>${log}`;
      const drain = `${mark}; ${awaiting('deleted')}; ${COPY}; echo ended >>${log}`;
      const deleted = await openScene(stage(), 'deleted', { script: ONE_LINE, drain });
      const file = join(stage().drained, 'deleted.log');
      const lines = async (): Promise<string[]> =>
        (await readFile(file, 'utf8')).trim().split('\n');
      await eventually('the first Job to work', lines, PATIENCE_MS);
      await deleted.kubectl('delete', 'job', deleted.claim);
      await eventually(
        'another one to work',
        async () => (await lines()).length === 3,
        PATIENCE_MS,
      );
      await give(deleted, 'deleted');
      expect(await drainedLines(deleted, deleted.claim)).toEqual(['line 1']);
      expect(await lines()).toEqual(['began', 'ended', 'began', 'ended']);
    },
  );

  test.concurrent(
    'data that somebody gives up is released without a drain, which is told',
    async () => {
      const released = await openScene(stage(), 'released', { script: ONE_LINE, drain: 'exit 1' });
      const { claim, kubectl } = released;
      await conditionOf(released, claim, 'FinalizerJobFailed');
      const { uid } = (await bindingOf(released, claim))?.spec.pvc ?? {};
      await kubectl('annotate', 'fpvcb', claim, `${annotations.release}=${uid ?? ''}`);
      await eventually(
        'its end',
        async () => (await bindingOf(released, claim)) === undefined,
        PATIENCE_MS,
      );
      const note = await eventually(
        'the Event',
        async () => (await notesOf(released, 'DataGivenUp'))[0],
      );
      expect(note).toContain(`gives up what is on PVC "${claim}"`);
      await kubectl('delete', 'pod', 'released');
      await eventually(
        'the claim to go',
        async () => (await getObject(released, 'PersistentVolumeClaim', claim)) === undefined,
        PATIENCE_MS,
      );
    },
  );

  test.concurrent(
    'a drained claim that is to be retained stays, and is nobody else’s',
    async () => {
      const retained = await openScene(stage(), 'retained', {
        script: ONE_LINE,
        finalization: { onSuccess: 'Retain' },
      });
      const { claim, kubectl } = retained;
      expect(await drainedLines(retained, claim)).toEqual(['line 1']);
      await kubectl('delete', 'pod', 'retained');
      const { metadata } = (await getObject<Claim>(retained, 'PersistentVolumeClaim', claim)) ?? {};
      expect(metadata?.labels).toMatchObject({ [labels.state]: STATE_DRAINED });
      expect(metadata?.finalizers).toEqual([finalizers.claimInUse]);
      expect(metadata).not.toHaveProperty('deletionTimestamp');
      await kubectl('delete', 'fpvc', 'retained', '--timeout=30s');
      await kubectl('delete', 'pvc', claim);
    },
  );
}
