import { describe, expect, test } from '@jest/globals';
import type { PatchOperation } from '../../../src/core/plan.ts';
import { decode, deny, encode } from '../../../webhook/review.ts';
import { make } from '../../support/make.ts';
import { admissionRequest, patchIn, reviewBody } from '../../support/review.ts';

const request = admissionRequest(make.newPod());
const good = reviewBody(request);

describe('decode takes', () => {
  const requests: Record<string, object> = {
    'the creation of a Pod': request,
    'a deletion, which has no object': admissionRequest(null, {
      operation: 'DELETE',
      oldObject: make.newPod(),
    }),
    'fields that nobody knows': { ...request, future: 1, requestKind: { kind: 'Pod' } },
  };
  test.each(Object.entries(requests))('%s', (_, given) => {
    expect(decode(Buffer.from(reviewBody(given)))).toEqual({ request: given });
  });
});

describe('decode refuses', () => {
  const { object, ...withoutObject } = request;
  const { uid, ...withoutUid } = request;
  const { operation, ...withoutOperation } = request;
  interface Case {
    body: unknown;
    uid: string;
    message: RegExp;
  }
  const cases: Record<string, Case> = {
    'an empty body': { body: Buffer.alloc(0), uid: '', message: /the body is empty/ },
    'no body': { body: undefined, uid: '', message: /the body is empty/ },
    'what is no JSON': { body: Buffer.from('<html>'), uid: '', message: /no JSON/ },
    'JSON that is cut off, and still knows its uid': {
      body: Buffer.from(good.slice(0, -20)),
      uid: 'request-uid',
      message: /no JSON/,
    },
    'another version of the API': {
      body: Buffer.from(reviewBody(request, { apiVersion: 'admission.k8s.io/v1beta1' })),
      uid: 'request-uid',
      message: /apiVersion/,
    },
    'another kind': {
      body: Buffer.from(reviewBody(request, { kind: 'TokenReview' })),
      uid: 'request-uid',
      message: /kind/,
    },
    'a request without object': {
      body: Buffer.from(reviewBody(withoutObject)),
      uid: 'request-uid',
      message: /object/,
    },
    'a request without operation': {
      body: Buffer.from(reviewBody(withoutOperation)),
      uid: 'request-uid',
      message: /operation/,
    },
    'a request without uid': { body: Buffer.from(reviewBody(withoutUid)), uid: '', message: /uid/ },
    'a request with an empty uid': {
      body: Buffer.from(reviewBody({ ...request, uid: '' })),
      uid: '',
      message: /uid/,
    },
    'an object without metadata': {
      body: Buffer.from(reviewBody({ ...request, object: { kind: 'Pod' } })),
      uid: 'request-uid',
      message: /metadata/,
    },
    'no request at all': {
      body: Buffer.from('{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'),
      uid: '',
      message: /request/,
    },
    null: { body: Buffer.from('null'), uid: '', message: /object/ },
  };
  test.each(Object.entries(cases))('%s', (_, { body, uid: expected, message }) => {
    expect(decode(body)).toEqual({
      uid: expected,
      denial: {
        reason: 'AdmissionReviewInvalid',
        code: 400,
        message: expect.stringMatching(message) as unknown,
      },
    });
  });
});

describe('an integer that JSON.parse rounds', () => {
  const given = { ...request, object: { ...make.fluentPVC(), spec: { a: [12345] } } };
  test('is told, with its field', () => {
    const body = reviewBody(given).replace('12345', '12345678901234567');
    expect(decode(Buffer.from(body))).toMatchObject({ request: { unsafeIntegers: ['spec.a[0]'] } });
  });
  test('is no word where there is none, though there is a long text', () => {
    const body = reviewBody(given).replace('12345', '"12345678901234567"');
    expect(decode(Buffer.from(body))).not.toHaveProperty('request.unsafeIntegers');
  });
});

describe('encode', () => {
  const head = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  const operations: PatchOperation[] = [{ op: 'add', path: '/metadata/labels/ü', value: '🪣' }];

  test('an admission without a patch', () => {
    const response = { uid: 'u', allowed: true };
    expect(encode('u', { allowed: true })).toEqual({ ...head, response });
    expect(encode('u', { allowed: true, operations: [], warnings: [] })).toEqual({
      ...head,
      response,
    });
  });
  test('a patch in base64 of UTF-8, and warnings', () => {
    const review = encode('u', { allowed: true, operations, warnings: ['w'] });
    expect(review.response).toMatchObject({
      uid: 'u',
      allowed: true,
      patchType: 'JSONPatch',
      warnings: ['w'],
    });
    expect(patchIn(review)).toEqual(operations);
  });
  test('a denial with its status, and no patch', () => {
    expect(encode('u', deny('MountPathTaken', 422, 'no'))).toEqual({
      ...head,
      response: {
        uid: 'u',
        allowed: false,
        status: { reason: 'MountPathTaken', code: 422, message: 'no' },
      },
    });
  });
});
