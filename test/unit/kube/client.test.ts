import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeClient } from '../../../src/kube/client.ts';
import { settle } from '../../support/fake-clock.ts';
import { httpStub, type HttpStub } from '../../support/http-stub.ts';
import { make, NAME } from '../../support/make.ts';

let stub: HttpStub;
beforeEach(async () => {
  stub = await httpStub();
});
afterEach(() => stub.close());

const pod = { kind: 'Pod', namespace: 'shop', name: 'app-0' } as const;
const query = 'fieldManager=fluent-pvc-operator';

describe('a call', () => {
  interface Case {
    call: (client: KubeClient) => Promise<unknown>;
    request: string;
    body?: object;
    contentType?: string;
  }
  const job = make.job();
  const path = `/prefix/apis/batch/v1/namespaces/shop/jobs`;
  const podPath = '/prefix/api/v1/namespaces/shop/pods/app-0';
  const cases: Record<string, Case> = {
    get: { call: (client) => client.get(pod), request: `GET ${podPath}` },
    create: {
      call: (client) => client.create(job),
      request: `POST ${path}?${query}`,
      body: job,
      contentType: 'application/json',
    },
    'create, dry': {
      call: (client) => client.create(job, { dryRun: true }),
      request: `POST ${path}?${query}&dryRun=All`,
    },
    replace: {
      call: (client) => client.replace(job),
      request: `PUT ${path}/${NAME}?${query}`,
      body: job,
    },
    'merge patch': {
      call: (client) => client.patch(pod, { type: 'merge', body: { a: 1 } }),
      request: `PATCH ${podPath}?${query}`,
      body: { a: 1 },
      contentType: 'application/merge-patch+json',
    },
    'JSON patch': {
      call: (client) => client.patch(pod, { type: 'json', body: [] }),
      request: `PATCH ${podPath}?${query}`,
      body: [],
      contentType: 'application/json-patch+json',
    },
    apply: {
      call: (client) => client.patch(pod, { type: 'apply', body: {} }),
      request: `PATCH ${podPath}?${query}&force=true`,
      contentType: 'application/apply-patch+yaml',
    },
    'patch of the status': {
      call: (client) => client.patch(pod, { type: 'merge', body: {}, subresource: 'status' }),
      request: `PATCH ${podPath}/status?${query}`,
    },
    delete: {
      call: (client) => client.delete(pod, { uid: 'u', propagation: 'Foreground' }),
      request: `DELETE ${podPath}`,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u' },
        propagationPolicy: 'Foreground',
      },
    },
    'delete of one version': {
      call: (client) =>
        client.delete(pod, { uid: 'u', resourceVersion: '7', propagation: 'Background' }),
      request: `DELETE ${podPath}`,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u', resourceVersion: '7' },
        propagationPolicy: 'Background',
      },
    },
    'delete as dry run': {
      call: (client) =>
        client.delete(pod, { uid: 'u', propagation: 'Background' }, { dryRun: true }),
      request: `DELETE ${podPath}`,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'u' },
        propagationPolicy: 'Background',
        dryRun: ['All'],
      },
    },
    'eviction as dry run': {
      call: (client) => client.evict(pod, 'u', { dryRun: true }),
      request: `POST ${podPath}/eviction?dryRun=All`,
    },
    evict: {
      call: (client) => client.evict(pod, 'u'),
      request: `POST ${podPath}/eviction`,
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'app-0', namespace: 'shop' },
        deleteOptions: { preconditions: { uid: 'u' } },
      },
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { call, request, body, contentType }) => {
    await call(stub.client);
    expect(stub.asked).toHaveLength(1);
    const [asked] = stub.asked;
    expect(asked?.request).toBe(request);
    expect(asked?.headers).toMatchObject({
      authorization: 'Bearer token',
      'user-agent': 'operator/1',
      accept: 'application/json',
    });
    if (body !== undefined) expect(asked?.body).toEqual(body);
    if (contentType !== undefined) expect(asked?.headers['content-type']).toBe(contentType);
  });
});

test('calls one after the other share a connection, a delete with its body, too', async () => {
  const ports = new Set<number | undefined>();
  stub.answer = (response) => {
    ports.add(response.socket?.remotePort);
    response.end('{}');
  };
  const { client } = stub;
  const calls = [
    () => client.get(pod),
    () => client.delete(pod, { uid: 'u', propagation: 'Background' }),
    () => client.patch(pod, { type: 'merge', body: {} }),
    () => client.delete(pod, { uid: 'u', propagation: 'Background' }),
    () => client.create(make.job()),
  ];
  for (const call of calls) {
    await call();
    // Until then the connection counts as used.
    await settle();
  }
  expect([...ports]).toHaveLength(1);
});
