import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../../src/api/names.ts';
import type { KubeObject } from '../../../src/api/object.ts';
import type { EventWrite, Write } from '../../../src/core/plan.ts';
import { ApiError, ApiUnreachable } from '../../../src/kube/api-error.ts';
import type { CreateRefusal } from '../../../src/kube/create-refusal.ts';
import { createWriter, type Writer } from '../../../src/kube/writer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make, NAME } from '../../support/make.ts';
import { memoryApi, refusal, type MemoryApi } from '../../support/memory-api.ts';
import { memoryLog, type MemoryLog } from '../../support/memory-log.ts';

function setup(...objects: KubeObject[]): { api: MemoryApi; writer: Writer; log: MemoryLog } {
  const api = memoryApi(...objects);
  const log = memoryLog();
  const reporter = { controller: 'operator', instance: 'host_1' };
  return { api, log, writer: createWriter({ client: api, clock: new FakeClock(), log, reporter }) };
}
const ref = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: NAME } as const;
const writes = {
  create: { verb: 'create', object: make.job() },
  patch: { verb: 'patch', ref, type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
  delete: { verb: 'delete', ref, uid: 'claim-uid', propagation: 'Background' },
  evict: { verb: 'evict', ref: { ...ref, kind: 'Pod' }, uid: 'pod-uid' },
} as const satisfies Record<string, Write>;
const event: EventWrite = {
  verb: 'event',
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'app-0', uid: 'pod-uid' },
  type: 'Warning',
  reason: 'SidecarFailed',
  action: 'Evict',
  note: 'It failed.',
};

test('carries the writes out in their order', async () => {
  const { api, writer } = setup(make.claim());
  await writer.apply([writes.patch, writes.create, event, writes.evict, writes.delete]);
  expect(api.requests.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual([
    'patch PersistentVolumeClaim',
    'create Job',
    'create Event',
    'evict Pod',
    'delete PersistentVolumeClaim',
  ]);
});

test('stops at the first that fails', async () => {
  const { api, writer } = setup(make.claim());
  api.refuse = ({ verb }) => (verb === 'patch' ? refusal(403, 'Forbidden') : undefined);
  await expect(writer.apply([writes.create, writes.patch, writes.delete])).rejects.toMatchObject({
    code: 403,
  });
  expect(api.requests.map(({ verb }) => verb)).toEqual(['create', 'patch']);
});

describe('an object that the API server does not take', () => {
  const told = async (...done: Write[]): Promise<unknown[]> => {
    const { api, writer } = setup(make.claim());
    api.refuse = () => refusal(403, 'Forbidden');
    const refusals: CreateRefusal[] = [];
    const onRefusal = (one: CreateRefusal): number => refusals.push(one);
    await writer.apply(done, { onRefusal }).catch(() => undefined);
    return refusals;
  };
  test('is told of, with the words of the API server', async () => {
    const error = expect.objectContaining({ code: 403 }) as unknown;
    expect(await told(writes.create)).toEqual([{ write: writes.create, error }]);
  });
  test.each([writes.patch, writes.delete, writes.evict, event])(
    'is none where the write is another: $verb',
    async (write) => {
      expect(await told(write)).toEqual([]);
    },
  );
});

test('hands the options of the call on', async () => {
  const { api, writer } = setup();
  await writer.create(writes.create, { dryRun: true });
  expect(api.requests).toEqual([{ verb: 'create', kind: 'Job', name: NAME, dryRun: true }]);
});

describe('an object that exists already', () => {
  const withId = (id: string | undefined) =>
    make.job({
      metadata: {
        uid: 'other',
        annotations: id === undefined ? {} : { [annotations.admissionId]: id },
      },
    });
  test('counts as created with the same admission-id, and is returned', async () => {
    const { writer } = setup(withId('request-uid'));
    expect((await writer.create(writes.create)).metadata.uid).toBe('other');
    await expect(writer.apply([writes.create])).resolves.toBeUndefined();
  });
  const strangers: Record<string, [string | undefined, string | undefined]> = {
    'with another admission-id': ['request-uid', 'another'],
    'with none': ['request-uid', undefined],
    'with none, where ours has none either': [undefined, undefined],
  };
  test.each(Object.entries(strangers))('is a conflict %s', async (_, [ours, theirs]) => {
    const { writer } = setup(withId(theirs));
    await expect(writer.apply([{ verb: 'create', object: withId(ours) }])).rejects.toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
  });
  test('and is gone when it is looked at is a conflict', async () => {
    const { api, writer } = setup();
    api.refuse = ({ verb }) => (verb === 'create' ? refusal(409, 'AlreadyExists') : undefined);
    await expect(writer.create(writes.create)).rejects.toMatchObject({ code: 409 });
  });
  test('is not looked at for another conflict', async () => {
    const { api, writer } = setup();
    api.refuse = () => refusal(409, 'Conflict');
    await expect(writer.create(writes.create)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(api.requests.map(({ verb }) => verb)).toEqual(['create']);
  });
});

describe('moot, and done', () => {
  const precondition = 'Precondition failed: UID in precondition: a, UID in object meta: b';
  const cases: Record<string, { write: Write; error: ApiError }> = {
    'a patch of what is gone': { write: writes.patch, error: refusal(404, 'NotFound') },
    'a delete of what is gone': { write: writes.delete, error: refusal(404, 'NotFound') },
    'an eviction of what is gone': { write: writes.evict, error: refusal(404, 'NotFound') },
    'a delete of another object by now': {
      write: writes.delete,
      error: refusal(409, 'Conflict', precondition),
    },
    'an eviction of another object by now': {
      write: writes.evict,
      error: refusal(409, 'Conflict', precondition),
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { write, error }) => {
    const { api, writer } = setup(make.claim());
    api.refuse = ({ verb }) => (verb === write.verb ? error : undefined);
    await writer.apply([write, writes.create, event]);
    expect(api.requests.map(({ verb }) => verb)).toEqual([write.verb, 'create', 'create']);
  });
  test('what was ordered by what is gone is neither made nor told of', async () => {
    const { api, writer } = setup();
    const ordered = { ...writes.create, ifNotMoot: true } as const;
    await writer.apply([writes.patch, ordered, event, writes.delete]);
    expect(api.requests.map(({ verb }) => verb)).toEqual(['patch', 'delete']);
  });
  test('what nothing was done to is not told of', async () => {
    const { api, writer } = setup();
    api.refuse = ({ verb }) => (verb === 'evict' ? refusal(404, 'NotFound') : undefined);
    await writer.apply([writes.evict, event]);
    expect(api.requests.map(({ verb }) => verb)).toEqual(['evict']);
  });
});

describe('not moot', () => {
  const path = 'DELETE /api/v1/namespaces/precondition/pods/x';
  const cases: Record<string, { write: Write; error: Error }> = {
    'a create into a namespace that is gone': {
      write: writes.create,
      error: refusal(404, 'NotFound'),
    },
    'a patch of a version that is old': {
      write: writes.patch,
      error: refusal(409, 'Conflict', 'Precondition failed: the object has been modified'),
    },
    'a delete of a version that is old': {
      write: writes.delete,
      error: refusal(
        409,
        'Conflict',
        'Precondition failed: ResourceVersion in precondition: 7, ResourceVersion in object meta: 8',
      ),
    },
    'a delete that met another writer': {
      write: writes.delete,
      error: refusal(409, 'Conflict', 'the object has been modified'),
    },
    'a delete in a namespace that is named precondition': {
      write: writes.delete,
      error: new ApiError(path, 409, { message: 'the object has been modified' }),
    },
    'an eviction that a budget forbids': {
      write: writes.evict,
      error: refusal(429, 'TooManyRequests'),
    },
    'a delete without an answer': {
      write: writes.delete,
      error: new ApiUnreachable('DELETE', new Error('reset')),
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { write, error }) => {
    const { api, writer } = setup(make.claim());
    api.refuse = ({ verb }) => (verb === write.verb ? error : undefined);
    await expect(writer.apply([write, event])).rejects.toBe(error);
  });
});

describe('a patch that the API server calls invalid', () => {
  const body = [{ op: 'test', path: '/metadata/uid', value: 'another' }];
  const json: Write = { verb: 'patch', ref, type: 'json', body };
  const rejected = 'the server rejected our request due to an error in our request';
  const outcome = async (write: Write, error?: ApiError): Promise<unknown> => {
    const { api, writer } = setup(make.claim());
    api.refuse = ({ verb }) => (verb === 'patch' ? error : undefined);
    const result = await writer.apply([write, event]).catch((thrown: unknown) => thrown);
    expect(api.requests.map(({ verb }) => verb)).toEqual(['patch']);
    return result;
  };
  test('is a conflict where it tests: somebody changed the object', async () => {
    const error = await outcome(json);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 409, status: { reason: 'Invalid', message: rejected } });
    expect((error as ApiError).message).toContain(NAME);
  });
  const faults: Record<string, { write: Write; message: string }> = {
    'where the object would not be valid': {
      write: json,
      message: `FluentPVCBinding "${NAME}" is invalid: metadata.labels: Invalid value: "?"`,
    },
    'where a policy says so': { write: json, message: 'denied request: no' },
    'where it merges': { write: writes.patch, message: rejected },
  };
  test.each(Object.entries(faults))('is a fault %s', async (_, { write, message }) => {
    const error = refusal(422, 'Invalid', message);
    expect(await outcome(write, error)).toBe(error);
  });
});

describe('an Event', () => {
  test('says what, of whom, by whom and when', async () => {
    const { api, writer } = setup();
    await writer.apply([event]);
    const [stored] = (await api.list('Event', {})).items;
    expect(stored).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        namespace: 'shop',
        generateName: expect.stringMatching(/^app-0[-.]$/) as unknown,
      },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'operator',
      reportingInstance: 'host_1',
      regarding: event.regarding,
      type: 'Warning',
      reason: 'SidecarFailed',
      action: 'Evict',
      note: 'It failed.',
    });
  });
  test.each(['x', '失', '📦'])(
    'has a note and a name that the API takes: of %s',
    async (letter) => {
      const { api, writer } = setup();
      const regarding = { ...event.regarding, name: 'n'.repeat(253) };
      await writer.apply([{ ...event, regarding, note: letter.repeat(5000) }]);
      const [stored] = (await api.list('Event', {})).items;
      expect(stored?.metadata.generateName).toMatch(/^n{200}.$/);
      const bytes = Buffer.byteLength((stored as unknown as { note: string }).note);
      expect(bytes).toBeGreaterThan(1000);
      expect(bytes).toBeLessThanOrEqual(1024);
    },
  );
  test('that is refused stops nothing and is no error', async () => {
    const { api, writer, log } = setup(make.claim());
    api.refuse = ({ kind }) => (kind === 'Event' ? refusal(403, 'Forbidden') : undefined);
    await writer.apply([event, writes.delete]);
    expect(api.requests.map(({ verb }) => verb)).toEqual(['create', 'delete']);
    expect([log.at('debug'), log.at('error')]).toEqual([['an Event was lost'], []]);
  });
});
