import type { OperatorDefaults } from '../src/api/fluentpvc.ts';
import type { Clock } from '../src/clock.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import { createAdmissionStore } from './admission-store.ts';
import type { WebhookCaches } from './caches.ts';
import { createDenialReport } from './denial-report.ts';
import { createFluentPVCHandler } from './fluentpvc.ts';
import { createPodObserver } from './pod-observer.ts';
import { createPodHandler } from './pod.ts';
import type { Routes } from './server.ts';

/** The handlers by path, put together from their parts. */
export function createRoutes(options: {
  caches: WebhookCaches;
  client: KubeClient;
  writer: Writer;
  clock: Clock;
  defaults: OperatorDefaults;
  /** Where a FluentPVC is tried out. */
  validationNamespace: string;
  /** Namespaces whose Pods are admitted as they are. */
  exemptNamespaces: readonly string[];
  injection: Metrics['injection'];
  log: Log;
}): Routes {
  return {
    '/pod/mutate': createPodHandler({
      observe: createPodObserver(options),
      store: createAdmissionStore(options),
      report: createDenialReport(options),
      exemptNamespaces: options.exemptNamespaces,
      injection: options.injection,
      log: options.log,
    }),
    '/fluent-pvc/validate': createFluentPVCHandler(options),
  };
}
