import type { FluentPVC, OperatorDefaults } from '../src/api/fluentpvc.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Kind } from '../src/api/resources.ts';
import type { Pod } from '../src/api/pod.ts';
import type { CreateWrite, Write } from '../src/core/plan.ts';
import { messageOf } from '../src/errors.ts';
import { ApiError } from '../src/kube/api-error.ts';
import type { Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import { podPlan, type PodObservation } from './pod-plan.ts';
import { deny, type AdmissionRequest, type Answer } from './review.ts';

/** Answers an AdmissionRequest; the signal ends its time. Throws only on faults of its own. */
export type AdmissionHandler = (request: AdmissionRequest, signal: AbortSignal) => Promise<Answer>;

/** What an undo may take once the request's own time is over, in ms. */
const UNDO_MS = 5_000;

/** The handler of `/pod/mutate`. */
export function createPodHandler(options: {
  fluentPVCs: Pick<Cache<FluentPVC>, 'get'>;
  client: Pick<KubeClient, 'get'>;
  writer: Writer;
  defaults: OperatorDefaults;
  log: Log;
}): AdmissionHandler {
  const { fluentPVCs, client, writer, defaults, log } = options;

  const observe = async (
    request: AdmissionRequest,
    pod: Pod,
    signal: AbortSignal,
  ): Promise<PodObservation> => {
    const name = pod.metadata.labels?.[labels.fluentPVC];
    // A FluentPVC applied together with the Pod may not have reached the cache yet.
    const fluentPVC =
      name === undefined
        ? undefined
        : (fluentPVCs.get(name) ??
          (await client.get<FluentPVC>({ kind: 'FluentPVC', name }, { signal })));
    const namespace = request.namespace ?? pod.metadata.namespace ?? 'default';
    return { request: { uid: request.uid, namespace }, pod, fluentPVC, defaults };
  };

  /** Stores claim and binding at the same time: both are there afterwards, or none. */
  const store = async (
    writes: readonly CreateWrite[],
    signal: AbortSignal,
  ): Promise<Answer | undefined> => {
    const results = await Promise.allSettled(
      writes.map((write) => writer.create(write, { signal })),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return undefined;
    const created = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    );
    try {
      await writer.apply(created.flatMap(undo), { signal: AbortSignal.timeout(UNDO_MS) });
    } catch (error) {
      // The controllers find what is left: no Pod will ever name it.
      log.warn('could not undo an admission; the controllers will', { error: messageOf(error) });
    }
    return refusal(failed.reason);
  };

  return async (request, signal) => {
    if (request.operation !== 'CREATE' || request.object === null) return { allowed: true };
    const observation = await observe(request, request.object as Pod, signal);
    const { answer, writes } = podPlan(observation);
    const [claim] = writes;
    if (claim !== undefined && request.dryRun !== true) {
      const refused = await store(writes, signal);
      if (refused !== undefined) return logged(log, observation, refused);
    }
    return logged(log, observation, answer, claim?.object.metadata.name);
  };
}

/** Out of the way, in this order: a claim without our finalizer would be gone with the first. */
function undo(created: Stored<KubeObject>): Write[] {
  const { kind, metadata } = created;
  const ref = { kind: kind as Kind, namespace: metadata.namespace, name: metadata.name };
  return [
    { verb: 'delete', ref, uid: metadata.uid, propagation: 'Background' },
    {
      verb: 'patch',
      ref,
      type: 'merge',
      body: { metadata: { uid: metadata.uid, finalizers: null } },
    },
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

function logged(
  log: Log,
  { request, pod }: PodObservation,
  answer: Answer,
  binding?: string,
): Answer {
  const { name, generateName } = pod.metadata;
  log.info(answer.allowed ? 'admitted a Pod' : 'denied a Pod', {
    namespace: request.namespace,
    pod: name ?? generateName,
    binding,
    requestUid: request.uid,
    ...(answer.allowed ? {} : { reason: answer.denial.reason, denial: answer.denial.message }),
  });
  return answer;
}
