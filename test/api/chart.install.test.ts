import { describe, expect, test } from '@jest/globals';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { Kind } from '../../src/api/resources.ts';
import { messageOf } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { ref } from './cycle.ts';
import { bindingWith, claimWith, guarded, openUser, podWith } from './guarding.ts';
import { startOperator, type Api } from './harness.ts';
import { accountOf, openInstallation, RELEASE, type Installation } from './installation.ts';
import { takesPods } from './namespaces.ts';
import { dryRun, removeByForce, type DryRun } from './requests.ts';

/* The chart as `helm install` leaves it: what is in force, and what `helm uninstall` takes away. */
let on: Installation;
let user: DryRun;

const CONFIGURATIONS =
  'mutatingwebhookconfigurations,validatingwebhookconfigurations,' +
  'validatingadmissionpolicies,validatingadmissionpolicybindings';

/** By the webhook's account: it may make bindings and PVCs, as nobody else. */
const webhook = (): Api => on.api.as(accountOf(on, 'webhook'));

shared(async (parts) => {
  on = await openInstallation(parts);
  const { api } = on;
  const person = await openUser(api);
  user = dryRun(person);
  await guarded(person, RELEASE);
  const marked = { finalizers: [finalizers.binding] };
  await webhook().client.create(bindingWith(api.namespace, 'some', marked));
  await webhook().client.create(claimWith(api.namespace, 'some'));
  await person.client.create(podWith({ namespace: api.namespace, name: 'plain' }));
});

const patch = (kind: Kind, name: string, metadata: object): Promise<string[]> =>
  user.patch(ref(on.api, kind, name), { metadata });
const marked = (): KubeObject =>
  podWith({ namespace: on.api.namespace, annotations: { [annotations.injected]: '{}' } });

describe('the guard on', () => {
  const denied = (guard: string): string =>
    `ValidatingAdmissionPolicy '${RELEASE}-${guard}' with binding '${RELEASE}-${guard}' denied request`;

  test('bindings keeps people from their spec, and leaves them the annotations', async () => {
    const forged = bindingWith(on.api.namespace, 'forged');
    await expect(user.create(forged)).rejects.toThrow(denied('bindings'));
    const retry = { annotations: { [annotations.retry]: 'now' } };
    expect(await patch('FluentPVCBinding', 'some', retry)).toEqual([]);
  });

  test('PVCs keeps people from what marks them, and leaves them the rest', async () => {
    const claim = ref(on.api, 'PersistentVolumeClaim', 'some');
    await expect(user.delete(claim)).rejects.toThrow(denied('claims'));
    expect(await patch(claim.kind, 'some', { labels: { 'example.com/team': 'a' } })).toEqual([]);
  });

  test('marks of Pods keeps people from them, and leaves them the rest', async () => {
    const binding = { labels: { [labels.binding]: 'some' } };
    await expect(patch('Pod', 'plain', binding)).rejects.toThrow(denied('pod-marks'));
    expect(await patch('Pod', 'plain', { labels: { a: 'b' } })).toEqual([]);
  });

  test('Pods denies those that are injected in part, and no others', async () => {
    await expect(user.create(marked())).rejects.toThrow(denied('pods'));
    const plain = podWith({ namespace: on.api.namespace });
    expect(await user.create(plain)).toEqual([]);
  });

  test('the validation namespace lets the webhook store nothing', async () => {
    const { validationNamespace: namespace } = on;
    const pod = podWith({ namespace });
    await takesPods(on.api, namespace);
    expect(await dryRun(webhook()).create(pod)).toEqual([]);
    // API servers take note of a policy a moment after it is stored.
    const refusal = await eventually('the policy', async () => {
      const stored = await webhook().client.create(pod).catch(messageOf);
      if (typeof stored === 'string') return stored;
      await removeByForce(on.api, stored as Stored<Pod>);
      return undefined;
    });
    expect(refusal).toContain('the operator creates nothing in this namespace but dry runs');
  });
});

test('helm says what to do next', async () => {
  const notes = await on.helm('get', 'notes', RELEASE, `--namespace=${on.namespace}`);
  expect(notes).toContain(`rollout status deployment/${RELEASE}-webhook`);
  expect(notes).toContain(`${RELEASE}-webhook.${on.namespace}.svc`);
  expect(notes).not.toMatch(/<no value>|%!/);
});

test('an operator that would register itself is refused: it would take this one away', async () => {
  await expect(startOperator(on.api)).rejects.toThrow(
    `another installation is active in the cluster: MutatingWebhookConfiguration "${RELEASE}"; ` +
      `uninstall it first, or go on with --force`,
  );
});

test('a guard that somebody took away to break glass comes back with the next upgrade', async () => {
  const binding = ['validatingadmissionpolicybinding', `${RELEASE}-claims`];
  await on.api.kubectl('delete', ...binding);
  await on.upgrade();
  expect(await on.api.kubectl('get', ...binding, '-o', 'name')).toContain(`${RELEASE}-claims`);
});

test('while nobody answers, labelled Pods are refused, and told why; others start', async () => {
  await expect(user.create(labelledPod(on.api, 'logs'))).rejects.toThrow(
    'failed calling webhook "pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com"',
  );
  expect(await user.create(podWith({ namespace: on.api.namespace }))).toEqual([]);
});

test('where the webhook may be left out, Pods that it did not see are warned of and start', async () => {
  await on.upgrade('--set=webhook.failurePolicy=Ignore');
  const warnings = await eventually('the new binding', () => user.create(marked()));
  expect(warnings.join('\n')).toMatch(new RegExp(`'${RELEASE}-pods'[^]*lacks label`));
  const labelled = await user.create(labelledPod(on.api, 'logs'));
  expect(labelled.join('\n')).toContain('lacks label');
  // All that is not about the webhook holds as before.
  const claim = ref(on.api, 'PersistentVolumeClaim', 'some');
  await expect(user.delete(claim)).rejects.toThrow('is not drained yet');
  await on.upgrade();
  await guarded(await openUser(on.api), RELEASE);
});

test('what is released from the chart takes nothing but itself along, and leaves nothing in the way', async () => {
  const { api, helm, namespace } = on;
  const left = (): Promise<string> =>
    api.kubectl(
      'get',
      CONFIGURATIONS,
      '-o',
      'name',
      '-l',
      'app.kubernetes.io/name=fluent-pvc-operator',
    );
  expect((await left()).trim().split('\n')).toHaveLength(12);
  // With its PVC undrained: chart.uninstall.long.test.ts is about what keeps people from that.
  await helm('uninstall', RELEASE, `--namespace=${namespace}`, '--wait', '--no-hooks');
  expect(await left()).toBe('');
  expect(await api.kubectl('get', 'fpvcb', 'some', '-o', 'name')).toContain('some');
  await eventually('labelled Pods to start', () => user.create(labelledPod(api, 'logs')));
});
