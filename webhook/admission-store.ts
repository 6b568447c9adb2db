import { finalizers, labels, UNUSED } from '../src/api/names.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import { withoutFinalizer } from '../src/core/finalizer.ts';
import { pointer, type CreateWrite, type PatchOperation, type Write } from '../src/core/plan.ts';
import { messageOf } from '../src/errors.ts';
import { ApiError } from '../src/kube/api-error.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { isSameAdmission, type Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import { deny, type Answer, type AnswerTime } from './review.ts';

/**
 * Stores claim and binding at the same time: both or none. The answer is a denial with the API's own
 * reason, or `undefined` when both are stored.
 *
 * What an undo cannot reach (a write that lands after all) the controllers find: no Pod will ever
 * name it.
 */
export type AdmissionStore = (
  writes: readonly CreateWrite[],
  time: AnswerTime,
) => Promise<Answer | undefined>;

export function createAdmissionStore(options: {
  client: Pick<KubeClient, 'get'>;
  writer: Writer;
  log: Log;
}): AdmissionStore {
  const { client, writer, log } = options;

  /** What a write left behind, if it did: without an answer one cannot know. */
  const stored = async (
    { object }: CreateWrite,
    result: PromiseSettledResult<Stored<KubeObject>>,
    signal: AbortSignal,
  ): Promise<Stored<KubeObject>[]> => {
    if (result.status === 'fulfilled') return [result.value];
    // A server that failed may have stored it all the same.
    if (result.reason instanceof ApiError && result.reason.code < 500) return [];
    const { namespace, name = '' } = object.metadata;
    const found = await client.get({ kind: object.kind as Kind, namespace, name }, { signal });
    return found !== undefined && isSameAdmission(found, object) ? [found] : [];
  };

  return async (writes, time) => {
    const results = await Promise.allSettled(
      writes.map((write) => writer.create(write, { signal: time.signal })),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined && !time.gone.aborted) return undefined;
    try {
      const late = AbortSignal.timeout(time.undoMs);
      const pairs = writes.flatMap((write, index) => {
        const result = results[index];
        return result === undefined ? [] : [stored(write, result, late)];
      });
      const left = (await Promise.all(pairs)).flat();
      // The binding first: while it is there, the controllers would see a claim that was changed.
      await writer.apply(left.toReversed().flatMap(undo), { signal: late });
    } catch (error) {
      log.warn('could not undo an admission; the controllers will', { error: messageOf(error) });
    }
    return failed === undefined
      ? deny('WriteRefused', 503, 'who asked has gone before the answer')
      : refusal(failed.reason);
  };
}

/** The API's own reason and code, so that callers back off and report as they would without us. */
export function refusal(error: unknown): Answer {
  // Our own credentials, not those of who creates the Pod.
  const isOurs = !(error instanceof ApiError) || error.code === 401;
  if (isOurs) return deny('WriteRefused', 503, messageOf(error));
  return {
    allowed: false,
    denial: { reason: error.reason || 'WriteRefused', code: error.code, message: error.message },
  };
}

/**
 * Nobody has used these objects yet. An undo may be cut off anywhere: a binding that is going is
 * finished by the controllers, a claim that lost our finalizer says that it was never used and is
 * deleted by them. Deleted first it would look like one whose data somebody threw away.
 */
function undo(created: Stored<KubeObject>): Write[] {
  const { kind, metadata } = created;
  const ref = { kind: kind as Kind, namespace: metadata.namespace, name: metadata.name };
  const deletion: Write = { verb: 'delete', ref, uid: metadata.uid, propagation: 'Background' };
  if (kind === 'FluentPVCBinding') {
    return [deletion, ...withoutFinalizer(ref, created, finalizers.binding)];
  }
  const path = `/metadata/labels${pointer(labels.state)}`;
  const mark: PatchOperation = { op: 'add', path, value: UNUSED };
  return [...withoutFinalizer(ref, created, finalizers.claim, [mark]), deletion];
}
