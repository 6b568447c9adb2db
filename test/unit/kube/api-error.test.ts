import { describe, expect, test } from '@jest/globals';
import { ApiError, ApiUnreachable, hasCode, type Status } from '../../../src/kube/api-error.ts';

describe('how long the server wants us to wait', () => {
  const cases: Record<string, { status: Status; header?: string; ms: number | undefined }> = {
    'nothing said': { status: {}, ms: undefined },
    'by the header': { status: {}, header: '5', ms: 5_000 },
    'by the Status': { status: { details: { retryAfterSeconds: 2 } }, ms: 2_000 },
    'by the Status before the header': {
      status: { details: { retryAfterSeconds: 2 } },
      header: '5',
      ms: 2_000,
    },
    'a date says nothing': { status: {}, header: 'Wed, 21 Oct 2026 07:28:00 GMT', ms: undefined },
    '0 says nothing: who waits for no time hammers': { status: {}, header: '0', ms: undefined },
    '0 in the Status says nothing': {
      status: { details: { retryAfterSeconds: 0 } },
      ms: undefined,
    },
    'an hour is two minutes: the server is back before': {
      status: {},
      header: '3600',
      ms: 120_000,
    },
    'an empty header says nothing': { status: {}, header: '', ms: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { status, header, ms }) => {
    expect(new ApiError('GET /x', 429, status, header).retryAfterMs).toBe(ms);
  });
});

test('the message names request, answer and code', () => {
  const status = { reason: 'NotFound', message: 'pods "x" not found' };
  expect(new ApiError('GET /x', 404, status).message).toBe(
    'GET /x: pods "x" not found (NotFound 404)',
  );
  expect(new ApiUnreachable('GET /x', new Error('refused')).message).toBe(
    'GET /x: no answer from the API server (refused)',
  );
});

test('the message has no more of an answer than a condition takes, and reason and code behind it', () => {
  const error = new ApiError('POST /x', 422, { reason: 'Invalid', message: '失敗'.repeat(50_000) });
  expect(Buffer.byteLength(error.message)).toBeLessThan(5_000);
  expect(error.message).toMatch(/… \(Invalid 422\)$/);
});

test('the method of the request is known', () => {
  expect(new ApiError('POST /apis/batch/v1/jobs', 403, {}).method).toBe('POST');
  expect(new ApiError('watch Pod', 410, {}).method).toBe('watch');
});

test('hasCode knows answers of the API from other errors', () => {
  expect(hasCode(new ApiError('GET /x', 404, {}), 404)).toBe(true);
  expect(hasCode(new ApiError('GET /x', 404, {}), 409)).toBe(false);
  expect(hasCode(Object.assign(new Error('x'), { code: 404 }), 404)).toBe(false);
});
