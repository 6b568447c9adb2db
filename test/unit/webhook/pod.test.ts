import { describe, expect, test } from '@jest/globals';
import { annotations, finalizers, labels, UNUSED } from '../../../src/api/names.ts';
import { ApiUnreachable } from '../../../src/kube/api-error.ts';
import { BINDING, CLAIM, handling as setup, name } from '../../support/handling.ts';
import { make } from '../../support/make.ts';
import { refusal } from '../../support/memory-api.ts';
import { admissionRequest, answerTime } from '../../support/review.ts';

describe('of what came of a Pod, it is counted', () => {
  const { metadata } = make.newPod();
  const unknown = make.newPod({
    metadata: { ...metadata, labels: { [labels.fluentPVC]: 'whatever' } },
  });
  test.each<[string, Parameters<typeof admissionRequest>, object[]]>([
    ['that it was injected', [make.newPod()], [{ fluentPVC: 'logs', result: 'injected' }]],
    ['no dry run', [make.newPod(), { dryRun: true }], []],
    ['no Pod without the label', [make.newPod({ metadata: { labels: {} } })], []],
    [
      'that it was denied, under no name that only its author knows',
      [unknown],
      [{ fluentPVC: '', result: 'denied' }],
    ],
  ])('%s', async (_, request, counted) => {
    const { handle, injections } = setup();
    await handle(admissionRequest(...request));
    expect(injections).toEqual(counted);
  });
  test('that it was denied because a write failed', async () => {
    const { api, handle, injections } = setup();
    api.refuse = ({ kind }) => (kind === CLAIM ? refusal(403, 'Forbidden') : undefined);
    await handle();
    expect(injections).toEqual([{ fluentPVC: 'logs', result: 'denied' }]);
  });
});

describe('a labelled Pod', () => {
  test('is admitted once claim and binding are stored: two writes and no read', async () => {
    const { api, handle, left, log } = setup();
    expect(await handle()).toMatchObject({ allowed: true });
    expect(left()).toEqual([CLAIM, BINDING]);
    expect(api.requests.map(({ verb }) => verb)).toEqual(['create', 'create']);
    expect(log.lines).toMatchObject([
      {
        level: 'info',
        message: 'admitted a Pod',
        fields: { namespace: 'shop', pod: 'app-0', binding: name, requestUid: 'request-uid' },
      },
    ]);
  });
  test('dry run: nothing is written and the answer is the same', async () => {
    const dry = setup();
    const answer = await dry.handle(admissionRequest(make.newPod(), { dryRun: true }));
    expect(dry.api.requests).toEqual([]);
    expect(answer).toEqual(await setup().handle());
  });
  test('in its namespace as the request says, for the Pod may not', async () => {
    const { api, handle } = setup();
    const pod = make.newPod({ metadata: { namespace: 'elsewhere' } });
    await handle(
      admissionRequest({
        ...pod,
        metadata: { ...pod.metadata, labels: { [labels.fluentPVC]: 'logs' } },
      }),
    );
    expect(api.find(CLAIM, name)?.metadata.namespace).toBe('shop');
  });
  test.each(['', 'shop'])(
    'in the namespace of the Pod where the request has none (%j)',
    async (own) => {
      const { api, handle } = setup();
      const { metadata } = make.newPod();
      const pod = make.newPod({ metadata: { ...metadata, namespace: own } });
      await handle(admissionRequest(pod, { namespace: '' }));
      expect(api.find(CLAIM, name)?.metadata.namespace).toBe(own === '' ? 'default' : own);
    },
  );
  test('again, by the same request, is admitted with what is there', async () => {
    const { handle, left } = setup();
    await handle();
    expect(await handle()).toMatchObject({ allowed: true });
    expect(left()).toEqual([CLAIM, BINDING]);
  });
});

test('nothing is left where nobody waits for the answer any more', async () => {
  const { api, handle, left } = setup();
  const gone = new AbortController();
  api.refuse = ({ verb, kind }) => {
    // Both are stored, and who asked goes meanwhile.
    if (verb === 'create' && kind === BINDING) gone.abort();
    return undefined;
  };
  const time = { ...answerTime(), gone: gone.signal };
  expect(await handle(undefined, time)).toMatchObject({ denial: { reason: 'WriteRefused' } });
  expect(api.writes.map(({ verb }) => verb)).toEqual(expect.arrayContaining(['create', 'delete']));
  expect(left()).toEqual([]);
});

describe('a denial', () => {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'a',
    uid: 'u',
    controller: true,
  };
  const { metadata } = make.newPod();
  const owned = make.newPod({ metadata: { ...metadata, ownerReferences: [owner] } });
  test('is told to the owner', async () => {
    const { api, handle } = setup([]);
    await handle(admissionRequest(owned));
    expect(api.writes).toMatchObject([{ verb: 'create', kind: 'Event' }]);
  });
  test('of a dry run is not', async () => {
    const { api, handle } = setup([]);
    await handle(admissionRequest(owned, { dryRun: true }));
    expect(api.writes).toEqual([]);
  });
});

describe('a FluentPVC that the cache does not have', () => {
  test('is read live once before the denial', async () => {
    const { api, handle, log } = setup([]);
    expect(await handle()).toMatchObject({ denial: { reason: 'FluentPVCNotFound', code: 422 } });
    expect(api.requests).toEqual([{ verb: 'get', kind: 'FluentPVC', name: 'logs' }]);
    expect(log.lines).toMatchObject([
      { message: 'denied a Pod', fields: { reason: 'FluentPVCNotFound' } },
    ]);
  });
  test('is used where it is there', async () => {
    const { handle, left } = setup([], [make.fluentPVC()]);
    expect(await handle()).toMatchObject({ allowed: true });
    expect(left()).toEqual([CLAIM, BINDING]);
  });
  test('and has no name is not asked for: that would be the list of all', async () => {
    const { api, handle } = setup([]);
    const pod = make.newPod({ metadata: { labels: { [labels.fluentPVC]: '' } } });
    expect(await handle(admissionRequest(pod))).toMatchObject({
      denial: { reason: 'FluentPVCNotFound' },
    });
    expect(api.requests).toEqual([]);
  });
  test("and cannot be read is a denial in the API's own words, and no fault of ours", async () => {
    const { api, handle, log } = setup([]);
    api.refuse = () => refusal(429, 'TooManyRequests', 'slow down');
    expect(await handle()).toMatchObject({ denial: { reason: 'TooManyRequests', code: 429 } });
    expect(log.at('error')).toEqual([]);
  });
});

describe('when one write fails, nothing is left', () => {
  test.each([CLAIM, BINDING])('of the %s, and the denial is the API server’s', async (kind) => {
    const { api, handle, left } = setup();
    api.refuse = (request) =>
      request.verb === 'create' && request.kind === kind
        ? refusal(403, 'Forbidden', 'exceeded quota')
        : undefined;
    expect(await handle()).toEqual({
      allowed: false,
      denial: {
        reason: 'Forbidden',
        code: 403,
        message: expect.stringContaining('exceeded quota') as unknown,
      },
    });
    expect(left()).toEqual([]);
    const undone = kind === BINDING ? ['patch', 'delete'] : ['delete', 'patch'];
    expect(api.requests.slice(2).map(({ verb }) => verb)).toEqual(undone);
  });

  test('of a claim whose undo is cut off but what says that it was never used', async () => {
    const { api, handle } = setup();
    api.refuse = ({ verb, kind }) => {
      if (verb === 'create' && kind === BINDING) return refusal(403, 'Forbidden');
      return verb === 'delete' ? refusal(504, 'Timeout') : undefined;
    };
    await handle();
    expect(api.find(CLAIM, name)?.metadata).toMatchObject({
      finalizers: [],
      labels: { [labels.state]: UNUSED },
    });
  });

  test('not even what was stored by a server that failed', async () => {
    const { api, handle, left } = setup();
    const create = api.create.bind(api);
    api.create = async (object, options) => {
      const stored = await create(object, options);
      if (object.kind === CLAIM) throw refusal(504, 'Timeout');
      return stored;
    };
    expect(await handle()).toMatchObject({ denial: { reason: 'Timeout', code: 504 } });
    expect(left()).toEqual([]);
  });

  test('and credentials of ours that are refused are no fault of who creates the Pod', async () => {
    const { api, handle } = setup();
    api.refuse = () => refusal(401, 'Unauthorized');
    expect(await handle()).toMatchObject({ denial: { reason: 'WriteRefused', code: 503 } });
  });

  test('of a stranger with that name, which stays', async () => {
    const stranger = make.claim({
      metadata: { name, annotations: { [annotations.admissionId]: 'x' } },
    });
    const { api, handle, left } = setup(undefined, [stranger]);
    expect(await handle()).toMatchObject({ denial: { reason: 'AlreadyExists', code: 409 } });
    expect(left()).toEqual([CLAIM]);
    expect(api.find(CLAIM, name)?.metadata.uid).toBe('claim-uid');
  });

  test('not even what was stored without an answer', async () => {
    const { api, handle, left } = setup();
    const create = api.create.bind(api);
    api.create = async (object, options) => {
      const stored = await create(object, options);
      if (object.kind === CLAIM) throw new ApiUnreachable('POST', new Error('reset'));
      return stored;
    };
    expect(await handle()).toMatchObject({ denial: { reason: 'WriteRefused', code: 503 } });
    expect(left()).toEqual([]);
  });

  test('but a stranger with that name stays, also where there was no answer', async () => {
    const stranger = make.claim({
      metadata: { name, annotations: { [annotations.admissionId]: 'x' } },
    });
    const { api, handle, left } = setup(undefined, [stranger]);
    api.refuse = ({ verb, kind }) =>
      verb === 'create' && kind === CLAIM
        ? new ApiUnreachable('POST', new Error('reset'))
        : undefined;
    expect(await handle()).toMatchObject({ denial: { code: 503 } });
    expect(left()).toEqual([CLAIM]);
    expect(api.find(CLAIM, name)?.metadata.deletionTimestamp).toBeUndefined();
  });

  test('but only our finalizer is taken off', async () => {
    const { api, handle } = setup();
    const create = api.create.bind(api);
    api.create = (object, options) => {
      const list = ['example.com/backup', ...(object.metadata.finalizers ?? [])];
      return create({ ...object, metadata: { ...object.metadata, finalizers: list } }, options);
    };
    api.refuse = ({ verb, kind }) =>
      verb === 'create' && kind === BINDING ? refusal(403, 'Forbidden') : undefined;
    await handle();
    const { metadata } = api.find(CLAIM, name) ?? {};
    expect(metadata?.finalizers).toEqual(['example.com/backup']);
    expect(metadata?.deletionTimestamp).toBeDefined();
    expect(finalizers.claim).not.toBe('example.com/backup');
  });

  test('and where even that fails it is told, and the first refusal is the answer', async () => {
    const { api, handle, log } = setup();
    api.refuse = ({ verb, kind }) => {
      if (verb === 'create' && kind === BINDING) return refusal(403, 'Forbidden');
      return verb === 'delete' ? refusal(500, 'InternalError') : undefined;
    };
    expect(await handle()).toMatchObject({ denial: { code: 403 } });
    expect(log.at('warn')).toEqual(['could not undo an admission; the controllers will']);
  });
});
