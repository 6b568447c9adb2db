import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isDeleting } from '../../src/api/object.ts';
import { withoutFinalizer } from '../../src/core/finalizer.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { bindingWith, claimWith, openGuarded, podWith, type Guarded } from './guarding.ts';

/* Where the guards are silent, and what Kubernetes itself does with what is guarded. */
let on: Guarded;

shared(async (parts) => {
  on = await openGuarded(parts);
});

const HOLD = 'example.com/hold';
/** Of `kubectl patch`: without finalizers. */
const UNHELD = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}'] as const;
const claimRef = (namespace: string, name: string): ObjectRef => ({
  kind: 'PersistentVolumeClaim',
  namespace,
  name,
});

test('in an exempt namespace people do all of it', async () => {
  const { user, exempt } = on;
  await user.feed('create', '-n', exempt, bindingWith(exempt, 'some'));
  await user.feed('create', '-n', exempt, claimWith(exempt, 'some'));
  const pod = podWith({ name: 'some', namespace: exempt, labels: { a: 'b' } });
  await user.feed('create', '-n', exempt, pod);
  expect(
    await user(
      'label',
      '-n',
      exempt,
      'fpvcb,pvc,pod',
      'some',
      `${labels.binding}=x`,
      '--overwrite',
    ),
  ).toMatch(/(labeled[^]*){3}/);
  await user('patch', '-n', exempt, 'pvc', 'some', ...UNHELD);
  await user('delete', '-n', exempt, 'fpvcb,pvc,pod', 'some', '--wait=false');
});

describe('in a namespace that is being deleted', () => {
  const metadata = { finalizers: [finalizers.binding, HOLD] };

  test('everything goes: for Kubernetes, and for people who help it', async () => {
    const { api, user } = on;
    const going = `${api.namespace}-going`;
    await api.kubectl('create', 'namespace', going);
    await api.client.create(bindingWith(going, 'some', metadata));
    await api.client.create(claimWith(going, 'some', { finalizers: [finalizers.claim, HOLD] }));
    await api.client.create(bindingWith(going, 'other', metadata));
    await expect(user('delete', '-n', going, 'fpvcb,pvc', 'some')).rejects.toThrow(
      'not drained yet',
    );
    await api.kubectl('delete', 'namespace', going, '--wait=false');
    await eventually('the namespace controller to delete claim and bindings', async () => {
      const claim = await api.client.get<Claim>(claimRef(going, 'some'));
      const { items } = await api.client.list('FluentPVCBinding', { namespace: going });
      return claim !== undefined && isDeleting(claim) && items.every(isDeleting);
    });
    await user('delete', '-n', going, 'fpvcb,pvc', 'some', '--wait=false');
    for (const what of ['fpvcb/some', 'fpvcb/other', 'pvc/some']) {
      await user('patch', '-n', going, what, ...UNHELD);
    }
    await eventually('the namespace to go', async () => {
      return (await api.kubectl('get', 'namespaces', '-o', 'name')).includes(going)
        ? undefined
        : true;
    });
  });
});

describe('a claim with a volume', () => {
  const CLASS = 'guards-expandable';

  beforeAll(async () => {
    await on.api.kubectl.feed('apply', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: CLASS },
      provisioner: 'kubernetes.io/host-path',
      allowVolumeExpansion: true,
    });
  });

  afterAll(async () => {
    await on.api.kubectl('delete', 'storageclass', CLASS);
  });

  test('is bound by Kubernetes, resized by people, and goes when the operator lets it', async () => {
    const { api, user } = on;
    const claim = claimWith(api.namespace, 'with-volume');
    claim.spec = { ...claim.spec, storageClassName: CLASS };
    await api.client.create(claim);
    const ref = claimRef(api.namespace, 'with-volume');
    const bound = await eventually('the claim to be bound', async () => {
      const found = await api.client.get<Claim>(ref);
      return found?.status?.phase === 'Bound' ? found : undefined;
    });
    expect(bound.metadata.finalizers).toContain('kubernetes.io/pvc-protection');
    expect(bound.metadata.annotations).toMatchObject({
      'pv.kubernetes.io/bind-completed': 'yes',
      [annotations.admissionId]: 'request',
    });

    const spec = { resources: { requests: { storage: '20Mi' } } };
    const resize = ['--type=merge', '-p', JSON.stringify({ spec })];
    expect(await user('patch', 'pvc', 'with-volume', ...resize)).toContain('patched');
    expect((await api.client.get<Claim>(ref))?.spec).toMatchObject(spec);

    await api.client.delete(ref, { uid: bound.metadata.uid, propagation: 'Background' });
    const ours = await eventually('Kubernetes to take its finalizer off', async () => {
      const found = await api.client.get<Claim>(ref);
      return found?.metadata.finalizers?.length === 1 ? found : undefined;
    });
    const [{ body } = { body: [] }] = withoutFinalizer(ref, ours, finalizers.claim);
    await api.client.patch(ref, { type: 'json', body });
    await eventually('the claim to go', async () => {
      return (await api.client.get(ref)) === undefined;
    });
  });
});
