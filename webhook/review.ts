import { Ajv } from 'ajv';
import type { KubeObject } from '../src/api/object.ts';
import type { PatchOperation } from '../src/core/plan.ts';
import type { FaultCode } from '../src/errors.ts';

/** What the API server asks; see the Kubernetes documentation, "Dynamic Admission Control". */
export interface AdmissionRequest {
  uid: string;
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  namespace?: string;
  name?: string;
  dryRun?: boolean;
  /** `null` on DELETE. */
  object: KubeObject | null;
  oldObject?: KubeObject | null;
}

/** What there is of the API server's patience: it tells nobody of an answer that is late. */
export interface AnswerTime {
  /** Ends the time for reads and writes: late, or nobody waits for an answer any more. */
  signal: AbortSignal;
  /** Nobody waits any more: who asked has closed the connection. */
  gone: AbortSignal;
  /** What may be spent after that on undoing writes, in ms. */
  undoMs: number;
}

/** Answers a request in its time. Throws only on faults of its own. */
export type AdmissionHandler = (request: AdmissionRequest, time: AnswerTime) => Promise<Answer>;

/** What this program answers. */
export type Answer =
  | { allowed: true; operations?: readonly PatchOperation[]; warnings?: readonly string[] }
  | { allowed: false; denial: Denial; warnings?: readonly string[] };

/** A refusal as people see it: `kubectl` prints reason and message. */
export interface Denial {
  reason: FaultCode | (string & {});
  /** HTTP status code. */
  code: number;
  message: string;
}

/** An AdmissionReview with its answer, as it goes over the wire. */
export interface AdmissionReview {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  response: {
    uid: string;
    allowed: boolean;
    status?: { code: number; reason: string; message: string };
    patchType?: 'JSONPatch';
    patch?: string;
    warnings?: readonly string[];
  };
}

const matchesSchema = new Ajv().compile<{ request: AdmissionRequest }>({
  type: 'object',
  required: ['apiVersion', 'kind', 'request'],
  properties: {
    apiVersion: { const: 'admission.k8s.io/v1' },
    kind: { const: 'AdmissionReview' },
    request: {
      type: 'object',
      required: ['uid', 'operation', 'object'],
      properties: {
        uid: { type: 'string', minLength: 1 },
        operation: { enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
        namespace: { type: 'string' },
        name: { type: 'string' },
        dryRun: { type: 'boolean' },
        object: {
          type: 'object',
          nullable: true,
          required: ['metadata'],
          properties: { metadata: { type: 'object' } },
        },
      },
    },
  },
});

/** The request in a body, or why there is none; `uid` as far as it could be read. */
export function decode(
  body: unknown,
): { request: AdmissionRequest } | { uid: string; denial: Denial } {
  if (!Buffer.isBuffer(body) || body.length === 0) return invalid('', 'the body is empty');
  const text = body.toString('utf8');
  let review: unknown;
  try {
    review = JSON.parse(text);
  } catch (error) {
    return invalid(uidIn(text), `the body is no JSON: ${String(error)}`);
  }
  if (matchesSchema(review)) return { request: review.request };
  const [fault] = matchesSchema.errors ?? [];
  return invalid(uidIn(text), `${fault?.instancePath ?? ''} ${fault?.message ?? ''}`.trim());
}

/** What is said to a body of which only the beginning was read. */
export function tooLarge(beginning: Buffer): { uid: string; denial: Denial } {
  const size = `${Math.round(beginning.length / 1024 / 1024)} MiB`;
  return invalid(uidIn(beginning.toString('utf8')), `the body is larger than ${size}`);
}

/** The answer to the request of that uid. */
export function encode(uid: string, answer: Answer): AdmissionReview {
  const { allowed, warnings } = answer;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(allowed ? patchOf(answer.operations ?? []) : { status: answer.denial }),
      ...(warnings === undefined || warnings.length === 0 ? {} : { warnings }),
    },
  };
}

/** A denial for a fault of this program's own table. */
export function deny(reason: FaultCode, code: number, message: string): Answer {
  return { allowed: false, denial: { reason, code, message } };
}

function patchOf(
  operations: readonly PatchOperation[],
): Pick<AdmissionReview['response'], 'patch' | 'patchType'> {
  if (operations.length === 0) return {};
  return {
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  };
}

function invalid(uid: string, why: string): { uid: string; denial: Denial } {
  const message = `not an AdmissionReview of admission.k8s.io/v1: ${why}`;
  return { uid, denial: { reason: 'AdmissionReviewInvalid', code: 400, message } };
}

/** Also out of JSON that is cut off: the request's own uid is the first one in it. */
function uidIn(text: string): string {
  return /"uid"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? '';
}
