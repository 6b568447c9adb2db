import type { KubeObject } from '../../src/api/object.ts';
import type { PatchOperation } from '../../src/core/plan.ts';
import type { AdmissionRequest, AdmissionReview, AnswerTime } from '../../webhook/review.ts';

/** A request of the API server. */
export function admissionRequest(
  object: KubeObject | null,
  change: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  return { uid: 'request-uid', operation: 'CREATE', namespace: 'shop', object, ...change };
}

/** The body it comes in. */
export function reviewBody(request: object, change: object = {}): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request,
    ...change,
  });
}

/** The operations of an answer. */
export function patchIn({ response }: AdmissionReview): PatchOperation[] {
  const text = Buffer.from(response.patch ?? '', 'base64').toString();
  return text === '' ? [] : (JSON.parse(text) as PatchOperation[]);
}

/** All the time there is. */
export function answerTime(): AnswerTime {
  const { signal } = new AbortController();
  return { signal, gone: signal, undoMs: 3_000 };
}
