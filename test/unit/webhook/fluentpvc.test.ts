import { describe, expect, test } from '@jest/globals';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import type { Asking } from '../../../webhook/fluentpvc-observe.ts';
import { createFluentPVCHandler } from '../../../webhook/fluentpvc.ts';
import type { AdmissionRequest, Answer } from '../../../webhook/review.ts';
import { fakeCache } from '../../support/fake-cache.ts';
import { at, make } from '../../support/make.ts';
import { memoryApi, refusal, type MemoryApi } from '../../support/memory-api.ts';
import '../../support/one-realm.ts';
import { admissionRequest, answerTime } from '../../support/review.ts';

const standard = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
};
function asking(client: MemoryApi, ...classes: KubeObject[]): Asking {
  const storageClasses = fakeCache(classes.map((one) => memoryApi().put(one)));
  return {
    client,
    caches: { storageClasses },
    validationNamespace: 'trials',
    defaults: make.defaults,
  };
}
async function handle(
  request: AdmissionRequest,
  client: MemoryApi,
  ...cached: KubeObject[]
): Promise<Answer> {
  return createFluentPVCHandler(asking(client, ...cached))(request, answerTime());
}
const good = make.fluentPVC();
const bad = make.fluentPVC({
  spec: { pvcSpecTemplate: { accessModes: ['ReadOnlyMany'], volumeName: 'pv' } },
});
const switched: FluentPVC = {
  ...bad,
  spec: { ...bad.spec, deletePodIfSidecarContainerTerminationDetected: false },
};
const template = good.spec.pvcFinalizerJobSpecTemplate;
const claim = (change: object): FluentPVC =>
  make.fluentPVC({ spec: { pvcSpecTemplate: { ...good.spec.pvcSpecTemplate, ...change } } });
const textOf = (answer: Answer): string => (answer.allowed ? '' : answer.denial.message);

describe('a good one', () => {
  test('is admitted without a word, after claim, Job and Pod were tried as dry runs', async () => {
    const client = memoryApi(standard);
    expect(await handle(admissionRequest(good), client)).toEqual({ allowed: true, warnings: [] });
    expect(client.requests).toEqual([
      { verb: 'list', kind: 'StorageClass', name: '' },
      ...['PersistentVolumeClaim', 'Job', 'Pod'].map((kind) => ({
        verb: 'create',
        kind,
        name: '',
        dryRun: true,
      })),
    ]);
  });

  test('is asked about in the namespace for that, and in the time of the request', async () => {
    const client = memoryApi(standard);
    const time = answerTime();
    const asked: unknown[] = [];
    const create = client.create.bind(client);
    client.create = (object, options) => {
      asked.push([object.metadata.namespace, options?.signal === time.signal]);
      return create(object, options);
    };
    await createFluentPVCHandler(asking(client))(admissionRequest(good), time);
    expect(asked).toEqual(Array(3).fill(['trials', true]));
  });
});

test('a doubtful one is admitted with warnings', async () => {
  const doubtful = make.fluentPVC({
    spec: { pvcFinalizerJobSpecTemplate: { ...template, parallelism: 2 } },
  });
  expect(await handle(admissionRequest(doubtful), memoryApi(standard))).toMatchObject({
    allowed: true,
    warnings: [expect.stringContaining('parallelism')],
  });
});

describe('a bad one is denied', () => {
  const requests = {
    'when it is made': admissionRequest(bad),
    'when it is tried by its author': admissionRequest(bad, { dryRun: true }),
    'when it becomes so': admissionRequest(bad, { operation: 'UPDATE', oldObject: good }),
    'when it becomes so together with a switch': admissionRequest(switched, {
      operation: 'UPDATE',
      oldObject: good,
    }),
  };
  test.each(Object.entries(requests))('%s, with all that is wrong', async (_, request) => {
    const answer = await handle(request, memoryApi(standard));
    expect(answer).toMatchObject({
      allowed: false,
      denial: { reason: 'FluentPVCInvalid', code: 422 },
    });
    for (const part of [
      '"logs"',
      'spec.pvcSpecTemplate.accessModes',
      'spec.pvcSpecTemplate.volumeName',
    ])
      expect(textOf(answer)).toContain(part);
  });

  test('with what the API says beside what we say, and ours where both speak', async () => {
    const client = memoryApi(standard);
    client.refuse = ({ verb, kind }) => {
      if (verb !== 'create') return undefined;
      if (kind !== 'PersistentVolumeClaim') return new ApiUnreachable('TEST', 'no route');
      const causes = [
        { field: 'spec.accessModes', message: 'theirs' },
        { field: 'spec.resources', message: 'theirs' },
      ];
      return new ApiError('TEST', 422, { message: 'is invalid', details: { causes } });
    };
    const answer = await handle(admissionRequest(bad), client);
    expect(textOf(answer)).toMatch(/accessModes: Invalid Persistent.*volumeName: must.*: theirs$/);
    expect(textOf(answer).split('theirs')).toHaveLength(2);
    expect(answer.warnings).toEqual([expect.stringMatching(/^Job, Pod could not be tried/)]);
  });

  test('without asking anybody, where it lacks what Pods are made of', async () => {
    const client = memoryApi(standard);
    const { sidecarContainerTemplate, ...spec } = good.spec;
    const answer = await handle(admissionRequest({ ...good, spec } as FluentPVC), client);
    expect(textOf(answer)).toContain('spec.sidecarContainerTemplate');
    expect(client.requests).toEqual([]);
  });

  test('for a number that JavaScript has rounded', async () => {
    const unsafeIntegers = ['metadata.generation', 'spec.pvcFinalizerJobSpecTemplate.x'];
    const request = admissionRequest(good, { unsafeIntegers });
    expect(textOf(await handle(request, memoryApi(standard)))).toMatch(
      /^FluentPVC "logs": spec\.pvcFinalizerJobSpecTemplate\.x: is an integer beyond \d+/,
    );
  });
});

describe('its storage class', () => {
  const named = claim({ storageClassName: 'standard' });
  test('is looked up by name', async () => {
    const client = memoryApi(standard);
    expect(await handle(admissionRequest(named), client)).toEqual({ allowed: true, warnings: [] });
    expect(client.requests[0]).toEqual({ verb: 'get', kind: 'StorageClass', name: 'standard' });
  });
  test.each([
    ['by name', named],
    ['as the default', claim({})],
  ])('is not asked for where the cache has it (%s)', async (_, fluentPVC) => {
    const client = memoryApi();
    const answer = await handle(admissionRequest(fluentPVC), client, standard);
    expect(answer).toEqual({ allowed: true, warnings: [] });
    expect(client.requests.map(({ verb }) => verb)).toEqual(['create', 'create', 'create']);
  });
  test.each([
    ['by name', named],
    ['as the default', claim({})],
  ])('is read live where the cache has only another one (%s)', async (_, fluentPVC) => {
    const client = memoryApi(standard);
    const other = { ...standard, metadata: { name: 'other' } };
    const answer = await handle(admissionRequest(fluentPVC), client, other);
    expect(answer).toEqual({ allowed: true, warnings: [] });
    expect(client.requests[0]?.kind).toBe('StorageClass');
  });
  test('must exist', async () => {
    expect(textOf(await handle(admissionRequest(named), memoryApi()))).toContain(
      "storageClassName: StorageClass not found with FluentPVC.Spec.PVCSpecTemplate.StorageClassName: 'standard'",
    );
  });
  test('is nobody when the name is empty', async () => {
    const request = admissionRequest(claim({ storageClassName: '' }));
    expect(await handle(request, memoryApi())).toEqual({ allowed: true, warnings: [] });
  });
  test.each([undefined, null])('is the default one when it is %s', async (storageClassName) => {
    const request = admissionRequest(claim({ storageClassName }));
    expect(await handle(request, memoryApi())).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('no default StorageClass')],
    });
  });
  test.each([
    ['the API server forbids it', refusal(403, 'Forbidden', 'not you')],
    ['the API server is away', new ApiUnreachable('TEST', 'no route')],
  ])('may be right where %s', async (_, error) => {
    const client = memoryApi(standard);
    client.refuse = ({ kind }) => (kind === 'StorageClass' ? error : undefined);
    expect(await handle(admissionRequest(named), client)).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('could not be looked up')],
    });
  });
});

test('a fault of the program is thrown, and no word on the FluentPVC', async () => {
  const client = memoryApi(standard);
  client.refuse = ({ verb }) => (verb === 'create' ? new TypeError('oops') : undefined);
  await expect(handle(admissionRequest(good), client)).rejects.toThrow('oops');
});

describe('a bad one of older rules is admitted unseen', () => {
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
    'when a switch alone is set, as the operator does that takes it over': admissionRequest(
      switched,
      { operation: 'UPDATE', oldObject: bad },
    ),
    'when it is being deleted: its finalizer must go': admissionRequest(
      { ...deleting, spec: bad.spec } as typeof bad,
      { operation: 'UPDATE', oldObject: good },
    ),
    'when it is deleted': admissionRequest(null, { operation: 'DELETE', oldObject: bad }),
  };
  test.each(Object.entries(requests))('%s', async (_, request) => {
    const client = memoryApi();
    expect(await handle(request, client)).toEqual({ allowed: true });
    expect(client.requests).toEqual([]);
  });
});
