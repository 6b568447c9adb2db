import { Counter, Histogram, type Registry } from 'prom-client';
import { SECONDS } from './buckets.ts';

/** What came of a labelled Pod: admitted with a patch, as it was, or not at all. */
export type InjectionResult = 'injected' | 'unchanged' | 'denied';

/** What the webhook answers. */
export interface AdmissionMetrics {
  /** Once an AdmissionReview; `reason` is empty where it was allowed. */
  answered: (answer: { route: string; seconds: number; allowed: boolean; reason: string }) => void;
  /** Once a labelled Pod, dry runs aside; `fluentPVC` is empty where there is none of that name. */
  injection: (injection: { fluentPVC: string; result: InjectionResult }) => void;
}

/** Every answer is an AdmissionReview, also the one that denies. */
const CODE = '200';

export function admissionMetrics(registry: Registry): AdmissionMetrics {
  const registers = [registry];
  const answers = new Counter({
    name: 'fluent_pvc_admission_answers_total',
    help: 'AdmissionReviews answered, by path, whether allowed, and reason of the denial.',
    labelNames: ['path', 'allowed', 'reason'],
    registers,
  });
  const requests = new Counter({
    name: 'controller_runtime_webhook_requests_total',
    help: 'AdmissionReviews answered, by path and HTTP status, which is 200 for denials, too.',
    labelNames: ['webhook', 'code'],
    registers,
  });
  const latency = new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Time to answer an AdmissionReview.',
    labelNames: ['webhook', 'code'],
    buckets: SECONDS,
    registers,
  });
  const injections = new Counter({
    name: 'fluent_pvc_injections_total',
    help: 'Labelled Pods by what came of them: injected, unchanged (asked for again), denied; dry runs aside.',
    labelNames: ['fluentpvc', 'result'],
    registers,
  });
  return {
    answered({ route: path, seconds, allowed, reason }) {
      answers.inc({ path, allowed: String(allowed), reason });
      requests.inc({ webhook: path, code: CODE });
      latency.observe({ webhook: path, code: CODE }, seconds);
    },
    injection({ fluentPVC, result }) {
      injections.inc({ fluentpvc: fluentPVC, result });
    },
  };
}
