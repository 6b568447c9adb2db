import { expect, test } from '@jest/globals';
import { annotations } from '../../../src/api/names.ts';
import type { KubeObject, Stored } from '../../../src/api/object.ts';
import type { ObjectRef } from '../../../src/api/resources.ts';
import {
  APP_NAME,
  INSTANCE_LABEL,
  NAME_LABEL,
  registeredWith,
} from '../../../src/core/registration.ts';
import { UserError } from '../../../src/errors.ts';
import type { CallOptions } from '../../../src/kube/client.ts';
import { deleteConfigurations, register } from '../../../src/kube/registrar.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryApi, refusal, type MemoryApi, type Refusal } from '../../support/memory-api.ts';
import { memoryLog } from '../../support/memory-log.ts';

const WEBHOOKS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;
const POLICIES = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'] as const;
const KINDS = [...WEBHOOKS, ...POLICIES] as const;
const CA = 'the certificate of this run';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const configuration = (kind: string, instance = 'mine', ca = CA): KubeObject & object => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: {
    name: instance,
    labels: { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance },
    ...(POLICIES.some((policy) => policy === kind)
      ? { annotations: { [annotations.registeredWith]: registeredWith(ca) } }
      : {}),
  },
  ...(WEBHOOKS.some((webhook) => webhook === kind)
    ? { webhooks: [{ name: 'a.b.c', clientConfig: { caBundle: base64(ca) } }] }
    : {}),
});

function deleting(refuse: Refusal = () => undefined): {
  api: MemoryApi;
  clock: FakeClock;
  stop: AbortController;
  done: Promise<unknown>;
  left: () => string[];
} {
  const api = memoryApi(...KINDS.map((kind) => configuration(kind)));
  api.refuse = refuse;
  // The selector of two labels is more than this API server understands.
  const list = api.list.bind(api);
  api.list = (kind, { labelSelector = '', ...others }, options) =>
    list(kind, { ...others, labelSelector: labelSelector.split(',').at(-1) ?? '' }, options);
  const clock = new FakeClock();
  const stop = new AbortController();
  const base = { client: api, clock, log: memoryLog(), signal: stop.signal };
  const done = deleteConfigurations(base, 'mine', CA).catch((error: unknown) => error);
  const left = (): string[] => KINDS.filter((kind) => api.find(kind, 'mine') !== undefined);
  return { api, clock, stop, done, left };
}

test('all configurations of the instance are deleted, at once', async () => {
  const { api, clock, done, left } = deleting();
  expect(await done).toBeUndefined();
  expect(left()).toEqual([]);
  expect(api.writes.map(({ verb }) => verb)).toEqual(KINDS.map(() => 'delete'));
  expect(clock.pending).toBe(0);
});

test('those of another instance stay', async () => {
  const { api, done } = deleting();
  for (const kind of KINDS) api.put(configuration(kind, 'theirs'));
  await done;
  expect(KINDS.map((kind) => api.find(kind, 'theirs')?.kind)).toEqual([...KINDS]);
});

test('those of a run that came after this one stay', async () => {
  const { api, done, left } = deleting();
  for (const kind of KINDS) api.put(configuration(kind, 'mine', 'another certificate'));
  await done;
  expect(left()).toEqual([...KINDS]);
});

test.each(KINDS)('where the %s cannot be deleted the others go', async (kind) => {
  const { clock, stop, done, left } = deleting((request) =>
    request.verb === 'delete' && request.kind === kind ? refusal(403, 'Forbidden') : undefined,
  );
  await clock.advance(1_000);
  expect(left()).toEqual([kind]);
  stop.abort();
  await done;
});

test('it is tried again until it is done', async () => {
  let tries = 0;
  const { clock, done, left } = deleting(({ verb }) => {
    if (verb !== 'delete') return undefined;
    tries += 1;
    return tries > 12 ? undefined : refusal(503, 'ServiceUnavailable');
  });
  await clock.advance(5_000);
  expect(await done).toBeUndefined();
  expect(left()).toEqual([]);
});

test('and where it is not done in time, what is left to do is said', async () => {
  const { clock, stop, done } = deleting(() => refusal(503, 'ServiceUnavailable', 'try later'));
  await clock.advance(2_000);
  stop.abort();
  const error = await done;
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(/mine.*try later.*by hand/);
});

test('who is asked to stop while registering waits for the write under way, and makes no other', async () => {
  const stop = new AbortController();
  const done: string[] = [];
  const api = memoryApi();
  api.create = <T extends KubeObject>(object: T) =>
    Promise.resolve({ ...object, status: { userInfo: { username: 'me' } } } as Stored<T> & object);
  api.patch = async <T extends KubeObject>(ref: ObjectRef, _patch: object, call?: CallOptions) => {
    stop.abort();
    await Promise.resolve();
    call?.signal?.throwIfAborted();
    done.push(ref.kind);
    return {} as Stored<T>;
  };
  const base = { client: api, clock: new FakeClock(), log: memoryLog(), signal: stop.signal };
  const client = { url: 'https://host', caBundle: CA };
  const registering = register(base, { instance: 'mine', client, exemptNamespaces: [] });
  await expect(registering).rejects.toThrow('aborted');
  expect(done).toEqual(['MutatingWebhookConfiguration']);
});
