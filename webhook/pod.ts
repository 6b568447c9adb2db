import type { FluentPVC, OperatorDefaults } from '../src/api/fluentpvc.ts';
import { finalizers, labels } from '../src/api/names.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import type { Pod } from '../src/api/pod.ts';
import { withoutFinalizer } from '../src/core/finalizer.ts';
import type { CreateWrite, Write } from '../src/core/plan.ts';
import { messageOf } from '../src/errors.ts';
import { ApiError } from '../src/kube/api-error.ts';
import type { Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { isSameAdmission, type Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import { podPlan } from './pod-plan.ts';
import { deny, type AdmissionHandler, type Answer, type AnswerTime } from './review.ts';

/** The handler of `/pod/mutate`. */
export function createPodHandler(options: {
  fluentPVCs: Pick<Cache<FluentPVC>, 'get'>;
  client: Pick<KubeClient, 'get'>;
  writer: Writer;
  defaults: OperatorDefaults;
  log: Log;
}): AdmissionHandler {
  const { fluentPVCs, client, writer, defaults, log } = options;

  const find = async (
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<Stored<FluentPVC> | undefined> => {
    // An empty name would ask for the list of all.
    if (name === undefined || name === '') return undefined;
    // A FluentPVC applied together with the Pod may not have reached the cache yet.
    return fluentPVCs.get(name) ?? (await client.get({ kind: 'FluentPVC', name }, { signal }));
  };

  /** What a failed write left behind, if it did: without an answer one cannot know. */
  const stored = async (
    { object }: CreateWrite,
    result: PromiseSettledResult<Stored<KubeObject>>,
    signal: AbortSignal,
  ): Promise<Stored<KubeObject>[]> => {
    if (result.status === 'fulfilled') return [result.value];
    if (result.reason instanceof ApiError) return [];
    const { namespace, name = '' } = object.metadata;
    const found = await client.get({ kind: object.kind as Kind, namespace, name }, { signal });
    return found !== undefined && isSameAdmission(found, object) ? [found] : [];
  };

  /**
   * Stores claim and binding at the same time, and undoes one where the other failed. What an undo
   * cannot reach (a write that lands after all) the controllers find: no Pod will ever name it.
   */
  const store = async (
    writes: readonly CreateWrite[],
    time: AnswerTime,
  ): Promise<Answer | undefined> => {
    const results = await Promise.allSettled(
      writes.map((write) => writer.create(write, { signal: time.signal })),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return undefined;
    try {
      const late = AbortSignal.timeout(time.undoMs);
      const pairs = writes.flatMap((write, index) => {
        const result = results[index];
        return result === undefined ? [] : [stored(write, result, late)];
      });
      const left = (await Promise.all(pairs)).flat();
      await writer.apply(left.flatMap(undo), { signal: late });
    } catch (error) {
      log.warn('could not undo an admission; the controllers will', { error: messageOf(error) });
    }
    return refusal(failed.reason);
  };

  return async (request, time) => {
    if (request.operation !== 'CREATE' || request.object === null) return { allowed: true };
    if (!isPod(request.object)) {
      return deny('AdmissionReviewInvalid', 400, 'the object is no Pod: it has no containers');
    }
    const pod = request.object;
    const namespace = request.namespace ?? pod.metadata.namespace ?? 'default';
    const tell = (answer: Answer, binding?: string): Answer => {
      logAnswer(log, { uid: request.uid, namespace, pod, binding }, answer);
      return answer;
    };
    let fluentPVC: Stored<FluentPVC> | undefined;
    try {
      fluentPVC = await find(pod.metadata.labels?.[labels.fluentPVC], time.signal);
    } catch (error) {
      return tell(refusal(error));
    }
    const plan = podPlan({ request: { uid: request.uid, namespace }, pod, fluentPVC, defaults });
    if (plan.writes.length > 0 && request.dryRun !== true) {
      const refused = await store(plan.writes, time);
      if (refused !== undefined) return tell(refused);
    }
    return tell(plan.answer, plan.writes[0]?.object.metadata.name);
  };
}

/** The API server sends nothing else; whoever else calls gets an answer, too. */
function isPod(object: KubeObject): object is Pod {
  return Array.isArray((object as Partial<Pod>).spec?.containers);
}

/** Deleted first, finalizers off second, as every claim goes: nobody has used these objects yet. */
function undo(created: Stored<KubeObject>): Write[] {
  const { kind, metadata } = created;
  const ref = { kind: kind as Kind, namespace: metadata.namespace, name: metadata.name };
  const finalizer = kind === 'FluentPVCBinding' ? finalizers.binding : finalizers.claim;
  return [
    { verb: 'delete', ref, uid: metadata.uid, propagation: 'Background' },
    withoutFinalizer(ref, created, finalizer),
  ];
}

/** The API's own reason and code, so that callers back off and report as they would without us. */
function refusal(error: unknown): Answer {
  if (!(error instanceof ApiError)) return deny('WriteRefused', 503, messageOf(error));
  return {
    allowed: false,
    denial: { reason: error.reason || 'WriteRefused', code: error.code, message: error.message },
  };
}

function logAnswer(
  log: Log,
  about: { uid: string; namespace: string; pod: Pod; binding: string | undefined },
  answer: Answer,
): void {
  const { name, generateName } = about.pod.metadata;
  log.info(answer.allowed ? 'admitted a Pod' : 'denied a Pod', {
    namespace: about.namespace,
    pod: name ?? generateName,
    binding: about.binding,
    requestUid: about.uid,
    ...(answer.allowed ? {} : { reason: answer.denial.reason, denial: answer.denial.message }),
  });
}
