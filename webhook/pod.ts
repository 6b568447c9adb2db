import { labels } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { InjectionResult } from '../src/metrics/admissions.ts';
import { refusal, type AdmissionStore } from './admission-store.ts';
import type { DenialReport } from './denial-report.ts';
import type { PodObserver } from './pod-observer.ts';
import { podPlan, type PodObservation } from './pod-plan.ts';
import { deny, type AdmissionHandler, type AdmissionRequest, type Answer } from './review.ts';

/** The handler of `/pod/mutate`: observe, plan, store, answer. */
export function createPodHandler(options: {
  observe: PodObserver;
  store: AdmissionStore;
  report: DenialReport;
  /** Namespaces whose Pods are none of our business, whatever the webhook configurations say. */
  exemptNamespaces: readonly string[];
  /** Told what came of each Pod. */
  injection: Metrics['injection'];
  log: Log;
}): AdmissionHandler {
  const { observe, store, report, injection, log } = options;
  const exempt = new Set(options.exemptNamespaces);
  return async (request, time) => {
    if (request.operation !== 'CREATE' || request.object === null) return { allowed: true };
    const namespace = namespaceOf(request, request.object);
    if (exempt.has(namespace)) return { allowed: true };
    if (request.object.metadata.labels?.[labels.fluentPVC] === undefined) return { allowed: true };
    if (!isPod(request.object)) {
      return deny('AdmissionReviewInvalid', 400, 'the object is no Pod: it has no containers');
    }
    const pod = request.object;
    const dryRun = request.dryRun === true;

    let observation: PodObservation | undefined;
    const tell = (answer: Answer, binding?: KubeObject): Answer => {
      logAnswer(log, { uid: request.uid, namespace, pod, binding }, answer);
      if (dryRun) return answer;
      if (!answer.allowed) report({ namespace, pod, denial: answer.denial });
      // A name that anybody may write into a label is none that is counted by.
      const fluentPVC = observation?.fluentPVC?.metadata.name ?? '';
      injection({ fluentPVC, result: resultOf(answer) });
      return answer;
    };

    try {
      observation = await observe({ uid: request.uid, namespace, pod }, time.signal);
    } catch (error) {
      return tell(refusal(error));
    }
    const { answer, writes } = podPlan(observation);
    const refused = writes.length > 0 && !dryRun ? await store(writes, time) : undefined;
    return tell(refused ?? answer, writes[0]?.object);
  };
}

function resultOf(answer: Answer): InjectionResult {
  if (!answer.allowed) return 'denied';
  return (answer.operations ?? []).length > 0 ? 'injected' : 'unchanged';
}

/** As the request has it: a Pod need not name its namespace. An empty name is none. */
function namespaceOf({ namespace }: AdmissionRequest, { metadata }: KubeObject): string {
  return [namespace, metadata.namespace].find(Boolean) ?? 'default';
}

/**
 * The API server sends nothing else; whoever else calls gets an answer, too. The list of a Pod without
 * containers is null.
 */
function isPod(object: KubeObject): object is Pod {
  const { spec } = object as { spec?: { containers?: unknown } };
  return spec?.containers === null || Array.isArray(spec?.containers);
}

function logAnswer(
  log: Log,
  about: { uid: string; namespace: string; pod: Pod; binding: KubeObject | undefined },
  answer: Answer,
): void {
  const { name, generateName } = about.pod.metadata;
  log.info(answer.allowed ? 'admitted a Pod' : 'denied a Pod', {
    namespace: about.namespace,
    pod: name ?? generateName,
    binding: about.binding?.metadata.name,
    requestUid: about.uid,
    ...(answer.allowed ? {} : { reason: answer.denial.reason, denial: answer.denial.message }),
  });
}
