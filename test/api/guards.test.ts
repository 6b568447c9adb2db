import { describe, expect, test } from '@jest/globals';
import { annotations, finalizers, GROUP, labels } from '../../src/api/names.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { ref } from './cycle.ts';
import { bindingWith, claimWith, openGuarded, type Guarded } from './guarding.ts';
import { dryRun, type DryRun } from './requests.ts';

/*
 * Bindings and claims. Where nothing else is said the request is a dry run: admission is the same,
 * and each test finds the objects as the others did.
 */
let on: Guarded;
let user: DryRun;
let operator: DryRun;

shared(async (parts) => {
  on = await openGuarded(parts);
  const { api } = on;
  user = dryRun(on.user);
  operator = dryRun(api);
  await api.client.create(bindingWith(api.namespace, 'some', { finalizers: [finalizers.binding] }));
  await api.client.create(claimWith(api.namespace, 'some'));
});

const binding = (name: string): ObjectRef => ref(on.api, 'FluentPVCBinding', name);
const claim = (name: string): ObjectRef => ref(on.api, 'PersistentVolumeClaim', name);
const metadata = (fields: object): object => ({ metadata: fields });

test('the API server finds no fault with the types of the expressions', async () => {
  const policies = await eventually('the policies to be checked', async () => {
    const { items } = await on.api.client.list('ValidatingAdmissionPolicy', {});
    const seen = items as unknown as {
      metadata: { generation: number };
      status: { observedGeneration?: number; typeChecking?: { expressionWarnings?: object[] } };
    }[];
    return seen.every(({ metadata, status }) => status.observedGeneration === metadata.generation)
      ? seen
      : undefined;
  });
  expect(policies.flatMap(({ status }) => status.typeChecking?.expressionWarnings)).toEqual(
    policies.map(() => undefined),
  );
});

describe('a binding', () => {
  test('is made by the operator, not by people', async () => {
    const forged = bindingWith(on.api.namespace, 'forged');
    await expect(user.create(forged)).rejects.toThrow(
      `ValidatingAdmissionPolicy 'guards-test-bindings' with binding 'guards-test-bindings' denied ` +
        `request: FluentPVCBinding "forged": only the operator makes bindings; a Pod with the label ` +
        `${labels.fluentPVC} gets one`,
    );
    expect(await operator.create(forged)).toEqual([]);
  });

  test.each([
    ['spec', { spec: { pod: { uid: 'mine' } } }],
    ['labels', metadata({ labels: { other: 'x' } })],
    [
      'ownerReferences',
      metadata({ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' }] }),
    ],
    ['finalizers', metadata({ finalizers: null })],
    [
      `annotation ${annotations.admissionId}`,
      metadata({ annotations: { [annotations.admissionId]: null } }),
    ],
  ])('has its %s changed by the operator, not by people', async (called, body) => {
    await expect(user.patch(binding('some'), body)).rejects.toThrow(
      `FluentPVCBinding "some": only the operator changes ${called}; people set the annotations`,
    );
    expect(await operator.patch(binding('some'), body)).toEqual([]);
  });

  test('says all that somebody changes', async () => {
    const body = {
      ...metadata({ finalizers: null, labels: null }),
      spec: { pod: { uid: 'mine' } },
    };
    await expect(user.patch(binding('some'), body)).rejects.toThrow(
      'only the operator changes spec, labels, finalizers;',
    );
  });

  test.each([
    annotations.retry,
    annotations.release,
    annotations.assumeStopped,
    'kubectl.kubernetes.io/last-applied-configuration',
  ])('takes the annotation %s from people', async (key) => {
    const body = metadata({ annotations: { [key]: 'x' } });
    expect(await user.patch(binding('some'), body)).toEqual([]);
  });

  test('lets the garbage collector end a deletion in the foreground', async () => {
    const held = [finalizers.binding, 'foregroundDeletion'];
    await on.api.client.create(bindingWith(on.api.namespace, 'held', { finalizers: held }));
    const body = metadata({ finalizers: [finalizers.binding] });
    expect(await user.patch(binding('held'), body)).toEqual([]);
  });

  test('that is not drained is not deleted by people, who learn the way out', async () => {
    await expect(on.user.kubectl('delete', 'fpvcb', 'some', '--dry-run=server')).rejects.toThrow(
      `FluentPVCBinding "some": its PVC is not drained yet. The binding goes by itself when it is; ` +
        `kubectl describe fpvcb some says what it waits for. To give the data up, ` +
        `kubectl annotate fpvcb some ${GROUP}/release=claim-uid`,
    );
    expect(await operator.delete(binding('some'))).toEqual([]);
  });

  test.each(['some-other-uid', ''])(
    'with the annotation release: "%s" is not given up',
    async (release) => {
      const name = `kept-${release}`.replace(/-$/, '');
      await given(name, { [annotations.release]: release }, release === '' ? '' : undefined);
      await expect(user.delete(binding(name))).rejects.toThrow('is not drained yet');
    },
  );

  test('that is given up, by the uid of its claim, is deleted by people', async () => {
    await given('released', { [annotations.release]: 'claim-uid' });
    expect(await user.delete(binding('released'))).toEqual([]);
  });

  test.each([
    ['FinalizerJobSucceeded', 'True', true],
    ['PodMissing', 'True', true],
    ['Unknown', 'True', true],
    ['Unknown', 'False', false],
    ['FinalizerJobSucceeded', 'False', false],
    ['FinalizerJobFailed', 'True', false],
  ])('whose condition %s is %s is deleted by people: %s', async (type, status, deleted) => {
    const { api } = on;
    const name = `${type}-${status}`.toLowerCase();
    await given(name, {});
    const conditions = [
      { type, status, reason: 'Said', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    await api.client.patch(binding(name), {
      type: 'merge',
      subresource: 'status',
      body: { status: { conditions } },
    });
    const answer = (isFree: boolean): unknown =>
      isFree ? [] : expect.stringContaining('is not drained yet');
    expect(await user.delete(binding(name)).catch(String)).toEqual(answer(deleted));
    // It asks for all that a FluentPVC owns when that goes, which acknowledges no loss.
    const collector = api.as('system:serviceaccount:kube-system:generic-garbage-collector');
    expect(await dryRun(collector).delete(binding(name)).catch(String)).toEqual(
      answer(deleted && type !== 'Unknown'),
    );
  });

  async function given(name: string, more: Record<string, string>, uid?: string): Promise<void> {
    const object = bindingWith(on.api.namespace, name, {
      annotations: { [annotations.admissionId]: 'request', ...more },
    });
    if (uid !== undefined) object.spec = { ...object.spec, pvc: { name, uid } };
    await on.api.client.create(object);
  }
});

describe('a claim', () => {
  const bare = { labels: {}, annotations: {}, finalizers: [] };
  test.each([
    [`finalizer ${finalizers.claim}`, { finalizers: [finalizers.claim] }],
    [`label ${labels.binding}`, { labels: { [labels.binding]: 'forged' } }],
    [
      `annotation ${annotations.admissionId}`,
      { annotations: { [annotations.admissionId]: 'forged' } },
    ],
  ])('with %s is made by the operator, not by people', async (called, fields) => {
    const forged = claimWith(on.api.namespace, 'forged', { ...bare, ...fields });
    await expect(user.create(forged)).rejects.toThrow(
      `PVC "forged": only the operator makes PVCs with ${called}; a copy of one is made without them`,
    );
    expect(await operator.create(forged)).toEqual([]);
  });

  test.each([
    ['without a mark of ours', bare],
    ['of a StatefulSet that selects by our label', { labels: { [labels.fluentPVC]: 'logs' } }],
  ])('%s is made by anybody', async (_, fields) => {
    const free = claimWith(on.api.namespace, 'free', { ...bare, ...fields });
    expect(await user.create(free)).toEqual([]);
  });

  test.each([
    [`finalizer ${finalizers.claim}`, { finalizers: ['kubernetes.io/pvc-protection'] }],
    [`label ${labels.fluentPVC}`, { labels: { [labels.fluentPVC]: 'other' } }],
    [`label ${labels.binding}`, { labels: { [labels.binding]: null } }],
    [`label ${labels.state}`, { labels: { [labels.state]: 'drained' } }],
    [
      `annotation ${annotations.admissionId}`,
      { annotations: { [annotations.admissionId]: 'other' } },
    ],
  ])('has its %s changed by the operator, not by people', async (called, fields) => {
    await expect(user.patch(claim('some'), metadata(fields))).rejects.toThrow(
      `PVC "some": only the operator changes ${called}; everything else of it is free`,
    );
    expect(await operator.patch(claim('some'), metadata(fields))).toEqual([]);
  });

  test.each([
    ['a label', { labels: { 'example.com/team': 'a' } }],
    ['an annotation', { annotations: { 'volume.kubernetes.io/selected-node': 'a' } }],
    ['a finalizer', { finalizers: [finalizers.claim, 'example.com/backup'] }],
  ])('takes %s that is not ours from people', async (_called, fields) => {
    expect(await user.patch(claim('some'), metadata(fields))).toEqual([]);
  });

  test('that is not drained is not deleted by people, who learn the way out', async () => {
    await expect(user.delete(claim('some'))).rejects.toThrow(
      `PVC "some" is not drained yet. It goes by itself when it is; kubectl describe fpvcb some says ` +
        `what it waits for. To give the data up, kubectl annotate fpvcb some ${GROUP}/release=`,
    );
    expect(await operator.delete(claim('some'))).toEqual([]);
  });

  test('is not deleted with all others either', async () => {
    const path = `/api/v1/namespaces/${on.api.namespace}/persistentvolumeclaims`;
    await expect(on.user.http.ask({ method: 'DELETE', path })).rejects.toThrow(
      'PVC "some" is not drained yet',
    );
    const kept = await on.api.client.get(claim('some'));
    expect(kept).toBeDefined();
    expect(kept?.metadata).not.toHaveProperty('deletionTimestamp');
  });

  test.each([
    ['that was drained and kept', { labels: { [labels.state]: 'drained' } }],
    ['without our finalizer', { finalizers: [] }],
    ['of somebody else', { labels: {}, annotations: {}, finalizers: [] }],
  ])('%s is deleted by people', async (title, fields) => {
    const { api } = on;
    const name = title.replaceAll(' ', '-');
    await api.client.create(claimWith(api.namespace, name, fields));
    expect(await user.delete(claim(name))).toEqual([]);
  });

  test('of somebody else is not made ours by people', async () => {
    const { api } = on;
    const foreign = { labels: {}, annotations: {}, finalizers: [] };
    await api.client.create(claimWith(api.namespace, 'foreign', foreign));
    const body = metadata({ labels: { [labels.binding]: 'some' } });
    await expect(user.patch(claim('foreign'), body)).rejects.toThrow('only the operator changes');
  });
});
