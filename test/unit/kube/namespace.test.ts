import { expect, test } from '@jest/globals';
import { ensureNamespace } from '../../../src/kube/namespace.ts';
import { memoryApi, refusal } from '../../support/memory-api.ts';

const { signal } = new AbortController();
const theirs = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'trials' } };

test('a namespace that is missing is made, with the labels of the installation', async () => {
  const client = memoryApi();
  await ensureNamespace({ client, signal }, 'trials', 'mine');
  expect(client.find('Namespace', 'trials')?.metadata.labels).toEqual({
    'app.kubernetes.io/name': 'fluent-pvc-operator',
    'app.kubernetes.io/instance': 'mine',
  });
});

test('one that is there is left as it is', async () => {
  const client = memoryApi(theirs);
  await ensureNamespace({ client, signal }, 'trials', 'mine');
  expect(client.writes).toEqual([]);
});

test('one that another replica makes meanwhile is as good', async () => {
  const client = memoryApi();
  client.refuse = ({ verb }) => (verb === 'create' ? refusal(409, 'AlreadyExists') : undefined);
  await expect(ensureNamespace({ client, signal }, 'trials', 'mine')).resolves.toBeUndefined();
});

test('one that may not be made is said', async () => {
  const client = memoryApi();
  client.refuse = ({ verb }) => (verb === 'create' ? refusal(403, 'Forbidden') : undefined);
  await expect(ensureNamespace({ client, signal }, 'trials', 'mine')).rejects.toMatchObject({
    code: 403,
  });
});
