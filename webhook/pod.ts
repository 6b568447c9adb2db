import { labels } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Log } from '../src/log.ts';
import { refusal, type AdmissionStore } from './admission-store.ts';
import type { DenialReport } from './denial-report.ts';
import type { PodObserver } from './pod-observer.ts';
import { podPlan, type PodObservation } from './pod-plan.ts';
import { deny, type AdmissionHandler, type Answer } from './review.ts';

/** The handler of `/pod/mutate`: observe, plan, store, answer. */
export function createPodHandler(options: {
  observe: PodObserver;
  store: AdmissionStore;
  report: DenialReport;
  log: Log;
}): AdmissionHandler {
  const { observe, store, report, log } = options;
  return async (request, time) => {
    if (request.operation !== 'CREATE' || request.object === null) return { allowed: true };
    if (!isPod(request.object)) {
      return deny('AdmissionReviewInvalid', 400, 'the object is no Pod: it has no containers');
    }
    const pod = request.object;
    if (pod.metadata.labels?.[labels.fluentPVC] === undefined) return { allowed: true };
    const dryRun = request.dryRun === true;
    const namespace = request.namespace ?? pod.metadata.namespace ?? 'default';

    const tell = (answer: Answer, binding?: KubeObject): Answer => {
      logAnswer(log, { uid: request.uid, namespace, pod, binding }, answer);
      if (!answer.allowed && !dryRun) report({ namespace, pod, denial: answer.denial });
      return answer;
    };

    let observation: PodObservation;
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

/** The API server sends nothing else; whoever else calls gets an answer, too. */
function isPod(object: KubeObject): object is Pod {
  return Array.isArray((object as Partial<Pod>).spec?.containers);
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
