import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Write } from '../../../src/core/plan.ts';
import { createWriter } from '../../../src/kube/writer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { httpStub, type HttpStub } from '../../support/http-stub.ts';
import { make } from '../../support/make.ts';
import { memoryLog } from '../../support/memory-log.ts';

let stub: HttpStub;
beforeAll(async () => {
  stub = await httpStub();
});
afterAll(() => stub.close());

const ref = { kind: 'FluentPVCBinding', namespace: 'shop', name: 'app-0' } as const;

test.each<Write>([
  { verb: 'create', object: make.job() },
  { verb: 'patch', ref, type: 'merge', body: {} },
  { verb: 'delete', ref, uid: 'u', propagation: 'Background' },
  {
    verb: 'event',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'app-0', uid: 'u' },
    type: 'Normal',
    reason: 'Injected',
    action: 'Inject',
    note: 'It was.',
  },
])('of what it writes it has no more answered than metadata: $verb', async (write) => {
  stub.json(200, { kind: 'PartialObjectMetadata', metadata: { uid: 'u' } });
  const reporter = { controller: 'operator', instance: 'host_1' };
  const { client } = stub;
  const writer = createWriter({ client, clock: new FakeClock(), log: memoryLog(), reporter });
  await writer.apply([write]);
  const { headers } = stub.asked.at(-1) ?? {};
  expect(headers?.accept).toBe(
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  );
});
