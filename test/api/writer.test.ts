import { expect, test } from '@jest/globals';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import { systemClock } from '../../src/clock.ts';
import type { PatchOperation } from '../../src/core/plan.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { createWriter, type Writer } from '../../src/kube/writer.ts';
import { silentLog } from '../../src/log.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { memoryLog, type MemoryLog } from '../support/memory-log.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';

/*
 * What the API server says of JSON patches, and the writer makes of it: both answers are 422 Invalid.
 * And that it takes the Events that the writer makes: a note has 1024 bytes, not characters.
 */

let api: Api;
let writer: Writer;
let log: MemoryLog;
let namespace: Stored<KubeObject>;

shared(async (parts) => {
  api = await openApi(parts);
  const { signal } = new AbortController();
  await applyCRDs({ client: api.client, clock: systemClock, log: silentLog, signal });
  const reporter = { controller: 'test', instance: 'test' };
  log = memoryLog();
  writer = createWriter({ client: api.client, clock: systemClock, log, reporter });
  const found = await api.client.get({ kind: 'Namespace', name: api.namespace });
  if (found === undefined) throw new Error('no namespace');
  namespace = found;
});

/** Labels the namespace, if it has that uid. */
function label(uid: string, value: string): Promise<void> {
  const body: PatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'add', path: '/metadata/labels/test', value },
  ];
  const ref = { kind: 'Namespace', name: api.namespace } as const;
  return writer.apply([{ verb: 'patch', ref, type: 'json', body }]);
}

test('a test that holds is no hindrance', async () => {
  await expect(label(namespace.metadata.uid, 'valid')).resolves.toBeUndefined();
});

test('a test that does not hold is a conflict', async () => {
  await expect(label('another', 'valid')).rejects.toMatchObject({ code: 409 });
});

test('an object that would not be valid is a fault', async () => {
  await expect(label(namespace.metadata.uid, 'not valid!')).rejects.toMatchObject({ code: 422 });
});

test.each<[string, () => KubeObject]>([
  ['the API server itself', () => labelledPod({ namespace: api.namespace }, '')],
  ['a definition', () => fluentPVC('brief')],
])('of an object of %s nothing but metadata is answered, where that is enough', async (_, make) => {
  const object = make();
  const call = { dryRun: true, metadataOnly: true };
  const answer: KubeObject = await eventually('an answer', () => api.client.create(object, call));
  const { uid } = answer.metadata as Stored<KubeObject>['metadata'];
  expect(uid).toMatch(/^[-0-9a-f]{36}$/);
  expect(Object.keys(answer)).toEqual(['kind', 'apiVersion', 'metadata']);
  // Of what was written, the writer knows the rest.
  const stored = await writer.create({ verb: 'create', object }, { dryRun: true });
  expect(stored).toMatchObject(object);
  expect(stored.metadata.uid).toMatch(/^[-0-9a-f]{36}$/);
});

test.each(['x', '失敗', '📦'])(
  'an Event is stored however long its note: of %s',
  async (letters) => {
    const { uid } = namespace.metadata;
    await writer.apply([
      {
        verb: 'event',
        regarding: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: api.namespace, uid },
        type: 'Normal',
        reason: 'VolumeLeft',
        action: 'Test',
        note: letters.repeat(1000),
      },
    ]);
    expect(log.lines).toEqual([]);
  },
);
