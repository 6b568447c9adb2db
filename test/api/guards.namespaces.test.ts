import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isDeleting } from '../../src/api/object.ts';
import { withoutFinalizer } from '../../src/core/finalizer.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { bindingWith, claimWith, openGuarded, podWith, type Guarded } from './guarding.ts';
import { makeNamespace } from './namespaces.ts';
import { remove } from './requests.ts';

/* Where the guards are silent, and what Kubernetes itself does with what is guarded. */
let on: Guarded;

shared(async (parts) => {
  on = await openGuarded(parts);
});

const HOLD = 'example.com/hold';
/** Without finalizers. */
const UNHELD = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
const claimIn = (namespace: string, name = 'some'): ObjectRef => ({
  kind: 'PersistentVolumeClaim',
  namespace,
  name,
});
const bindingIn = (namespace: string, name = 'some'): ObjectRef => ({
  kind: 'FluentPVCBinding',
  namespace,
  name,
});

test('in an exempt namespace people do all of it', async () => {
  const { user, exempt } = on;
  await user.client.create(bindingWith(exempt, 'some'));
  await user.client.create(claimWith(exempt, 'some'));
  await user.client.create(podWith({ name: 'some', namespace: exempt, labels: { a: 'b' } }));
  expect(
    await user.kubectl(
      'label',
      '-n',
      exempt,
      'fpvcb,pvc,pod',
      'some',
      `${labels.binding}=x`,
      '--overwrite',
    ),
  ).toMatch(/(labeled[^]*){3}/);
  await user.client.patch(claimIn(exempt), UNHELD);
  await user.kubectl('delete', '-n', exempt, 'fpvcb,pvc,pod', 'some', '--wait=false');
});

describe('in a namespace that is being deleted', () => {
  const metadata = { finalizers: [finalizers.binding, HOLD] };

  test('everything goes: for Kubernetes, and for people who help it', async () => {
    const { api, user } = on;
    const going = `${api.namespace}-going`;
    const namespace: ObjectRef = { kind: 'Namespace', name: going };
    await makeNamespace(api, going);
    await api.client.create(bindingWith(going, 'some', metadata));
    await api.client.create(claimWith(going, 'some', { finalizers: [finalizers.claim, HOLD] }));
    await api.client.create(bindingWith(going, 'other', metadata));
    for (const ref of [bindingIn(going), claimIn(going)]) {
      await expect(remove(user, ref)).rejects.toThrow('not drained yet');
    }
    await remove(api, namespace);
    await eventually('the namespace controller to delete claim and bindings', async () => {
      const claim = await api.client.get<Claim>(claimIn(going));
      const { items } = await api.client.list('FluentPVCBinding', { namespace: going });
      return claim !== undefined && isDeleting(claim) && items.every(isDeleting);
    });
    for (const ref of [bindingIn(going), claimIn(going)]) await remove(user, ref);
    for (const ref of [bindingIn(going), bindingIn(going, 'other'), claimIn(going)]) {
      await user.client.patch(ref, UNHELD);
    }
    await eventually('the namespace to go', async () => {
      return (await api.client.get(namespace)) === undefined;
    });
  });
});

describe('a claim with a volume', () => {
  const CLASS = 'guards-expandable';

  beforeAll(async () => {
    const expandable = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: CLASS },
      provisioner: 'kubernetes.io/host-path',
      allowVolumeExpansion: true,
    };
    await on.api.client.create(expandable);
  });

  afterAll(async () => {
    await remove(on.api, { kind: 'StorageClass', name: CLASS });
  });

  test('is bound by Kubernetes, resized by people, and goes when the operator lets it', async () => {
    const { api, user } = on;
    const claim = claimWith(api.namespace, 'with-volume');
    claim.spec = { ...claim.spec, storageClassName: CLASS };
    await api.client.create(claim);
    const ref = claimIn(api.namespace, 'with-volume');
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
    await user.client.patch(ref, { type: 'merge', body: { spec } });
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
