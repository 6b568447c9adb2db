import { describe, expect, test } from '@jest/globals';
import { handling as setup } from '../../support/handling.ts';
import { make } from '../../support/make.ts';
import { admissionRequest } from '../../support/review.ts';

test.each([undefined, {}, { containers: 'none' }])(
  'no Pod at all (spec %j) is a denial',
  async (spec) => {
    const object = { ...make.newPod(), spec };
    const answer = await setup().handle(admissionRequest(object));
    expect(answer).toMatchObject({ denial: { reason: 'AdmissionReviewInvalid', code: 400 } });
  },
);

test('a Pod without containers is a Pod, and its denial says so', async () => {
  const pod = { ...make.newPod(), spec: { containers: null } };
  expect(await setup().handle(admissionRequest(pod))).toMatchObject({
    denial: { reason: 'NoContainerLeft', code: 422 },
  });
});

describe('left alone is', () => {
  test.each(['UPDATE', 'DELETE', 'CONNECT'] as const)('an %s', async (operation) => {
    const { api, handle } = setup();
    expect(await handle(admissionRequest(make.newPod(), { operation }))).toEqual({ allowed: true });
    expect(api.requests).toEqual([]);
  });
  test('a request without object', async () => {
    expect(await setup().handle(admissionRequest(null))).toEqual({ allowed: true });
  });
  test.each(['kube-system', 'operator'])('a Pod of the exempt namespace %s', async (namespace) => {
    const { api, handle } = setup();
    expect(await handle(admissionRequest(make.newPod(), { namespace }))).toEqual({ allowed: true });
    expect(api.requests).toEqual([]);
  });
  test.each([undefined, ''])(
    'one of which only the Pod says so (namespace %j)',
    async (namespace) => {
      const { metadata } = make.newPod();
      const pod = make.newPod({ metadata: { ...metadata, namespace: 'operator' } });
      const { namespace: _, ...request } = admissionRequest(pod);
      const asked = namespace === undefined ? request : { ...request, namespace };
      expect(await setup().handle(asked)).toEqual({ allowed: true });
    },
  );
  test.each([null, undefined])('a Pod whose labels are %s', async (none) => {
    const { api, handle } = setup();
    const pod = make.newPod({ metadata: { labels: none as never } });
    expect(await handle(admissionRequest(pod))).toEqual({ allowed: true });
    expect(api.requests).toEqual([]);
  });
  test('a Pod without the label', async () => {
    const { api, handle } = setup();
    const pod = make.newPod({ metadata: { labels: {} } });
    expect(await handle(admissionRequest(pod))).toEqual({ allowed: true });
    expect(api.requests).toEqual([]);
  });
});
