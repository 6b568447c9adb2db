import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { admissionName } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import { createWriter } from '../../src/kube/writer.ts';
import type { Metrics } from '../../src/metrics.ts';
import type { AdmissionRequest, Answer, AnswerTime } from '../../webhook/review.ts';
import { createRoutes } from '../../webhook/routes.ts';
import { fakeCache } from './fake-cache.ts';
import { FakeClock } from './fake-clock.ts';
import { make } from './make.ts';
import { memoryApi, type MemoryApi } from './memory-api.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';
import { admissionRequest, answerTime } from './review.ts';

/** Name of claim and binding of the Pod that is asked about. */
export const name = admissionName({ name: 'logs', uid: 'fluentpvc-uid' }, 'request-uid');
export const CLAIM = 'PersistentVolumeClaim';
export const BINDING = 'FluentPVCBinding';

/** The handler of `/pod/mutate` before an API in memory. */
export interface Handling {
  api: MemoryApi;
  log: MemoryLog;
  /** What was told of Pods, for metrics. */
  injections: Parameters<Metrics['injection']>[0][];
  handle: (request?: AdmissionRequest, time?: AnswerTime) => Promise<Answer>;
  /** What there is of claim and binding. */
  left: () => string[];
}
/** @param cached what the cache has, beside what the API has */
export function handling(
  cached: Stored<FluentPVC>[] = [make.fluentPVC()],
  live: KubeObject[] = [],
): Handling {
  const api = memoryApi(...live);
  const log = memoryLog();
  const reporter = { controller: 'operator', instance: 'host_1' };
  const writer = createWriter({ client: api, clock: new FakeClock(), log, reporter });
  const clock = new FakeClock();
  const caches = {
    fluentPVCs: fakeCache<FluentPVC>(cached),
    namespaces: fakeCache<KubeObject>([]),
    storageClasses: fakeCache<KubeObject>([]),
  };
  const { defaults } = make;
  const injections: Handling['injections'] = [];
  const injection: Metrics['injection'] = (one) => injections.push(one);
  const shared = { client: api, writer, clock, defaults, injection, log };
  const exemptNamespaces = ['kube-system', 'operator'];
  const options = { ...shared, caches, validationNamespace: 'trials', exemptNamespaces };
  const handler = createRoutes(options)['/pod/mutate'];
  return {
    api,
    log,
    injections,
    handle: (request = admissionRequest(make.newPod()), time = answerTime()) =>
      handler(request, time),
    left: () => [CLAIM, BINDING].filter((kind) => api.find(kind as 'Pod', name) !== undefined),
  };
}
