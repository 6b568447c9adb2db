import { describe, expect, test } from '@jest/globals';
import { createFluentPVCHandler } from '../../../webhook/fluentpvc.ts';
import type { AdmissionRequest, Answer } from '../../../webhook/review.ts';
import { at, make } from '../../support/make.ts';
import { admissionRequest, answerTime } from '../../support/review.ts';

const handler = createFluentPVCHandler();
const handle = (request: AdmissionRequest): Promise<Answer> => handler(request, answerTime());
const good = make.fluentPVC();
const bad = make.fluentPVC({
  spec: { pvcSpecTemplate: { accessModes: ['ReadOnlyMany'], volumeName: 'pv' } },
});
const template = good.spec.pvcFinalizerJobSpecTemplate;
const doubtful = make.fluentPVC({
  spec: { pvcFinalizerJobSpecTemplate: { ...template, parallelism: 2 } },
});

test('a good one is admitted without a word', async () => {
  expect(await handle(admissionRequest(good))).toEqual({ allowed: true, warnings: [] });
});

test('a doubtful one is admitted with warnings', async () => {
  const answer = await handle(admissionRequest(doubtful));
  expect(answer).toMatchObject({
    allowed: true,
    warnings: [expect.stringContaining('parallelism')],
  });
});

describe('a bad one is denied', () => {
  const requests = {
    'when it is made': admissionRequest(bad),
    'when it becomes so': admissionRequest(bad, { operation: 'UPDATE', oldObject: good }),
  };
  test.each(Object.entries(requests))('%s, with all that is wrong', async (_, request) => {
    const answer = await handle(request);
    expect(answer).toMatchObject({
      allowed: false,
      denial: { reason: 'FluentPVCInvalid', code: 422 },
    });
    const text = answer.allowed ? '' : answer.denial.message;
    for (const part of [
      '"logs"',
      'spec.pvcSpecTemplate.accessModes',
      'spec.pvcSpecTemplate.volumeName',
    ])
      expect(text).toContain(part);
  });
});

describe('a bad one of older rules is admitted', () => {
  const labelled = { ...bad, metadata: { ...bad.metadata, labels: { a: 'b' } } };
  const deleting = make.fluentPVC({
    ...bad,
    metadata: { deletionTimestamp: at(1) },
  });
  const requests: Record<string, AdmissionRequest> = {
    'when its spec does not change': admissionRequest(labelled, {
      operation: 'UPDATE',
      oldObject: bad,
    }),
    'when it is being deleted: its finalizer must go': admissionRequest(
      { ...deleting, spec: bad.spec } as typeof bad,
      { operation: 'UPDATE', oldObject: good },
    ),
    'when it is deleted': admissionRequest(null, { operation: 'DELETE', oldObject: bad }),
  };
  test.each(Object.entries(requests))('%s', async (_, request) => {
    expect(await handle(request)).toMatchObject({ allowed: true });
  });
});
