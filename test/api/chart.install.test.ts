import { describe, expect, test } from '@jest/globals';
import { annotations, finalizers, labels } from '../../src/api/names.ts';
import type { Kubectl } from '../../e2e/kubectl.ts';
import { eventually } from '../support/eventually.ts';
import { labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingWith, claimWith, guarded, openUser, podWith } from './guarding.ts';
import { startOperator } from './harness.ts';
import { accountOf, openInstallation, RELEASE, type Installation } from './installation.ts';

/* The chart as `helm install` leaves it: what is in force, and what `helm uninstall` takes away. */
let on: Installation;
let user: Kubectl;

const DRY = '--dry-run=server';
const CONFIGURATIONS =
  'mutatingwebhookconfigurations,validatingwebhookconfigurations,' +
  'validatingadmissionpolicies,validatingadmissionpolicybindings';

/** kubectl of the webhook's account: it may make bindings and PVCs, as nobody else. */
const asWebhook = (): Kubectl => {
  const as = `--as=${accountOf(on, 'webhook')}`;
  const { kubectl } = on.api;
  return Object.assign((...args: readonly string[]) => kubectl(as, ...args), {
    feed: (...args: [...flags: string[], object: object]) => kubectl.feed(as, ...args),
  });
};

shared(async (parts) => {
  on = await openInstallation(parts);
  const { api } = on;
  user = await openUser(api);
  await guarded(api, user, RELEASE);
  const marked = { finalizers: [finalizers.binding] };
  await asWebhook().feed('create', bindingWith(api.namespace, 'some', marked));
  await asWebhook().feed('create', claimWith(api.namespace, 'some'));
  await user.feed('create', podWith({ namespace: api.namespace, name: 'plain' }));
});

const patch = (what: string, name: string, metadata: object): Promise<string> =>
  user('patch', what, name, DRY, '--type=merge', '-p', JSON.stringify({ metadata }));
const marked = (): object =>
  podWith({ namespace: on.api.namespace, annotations: { [annotations.injected]: '{}' } });

describe('the guard on', () => {
  const denied = (guard: string): string =>
    `ValidatingAdmissionPolicy '${RELEASE}-${guard}' with binding '${RELEASE}-${guard}' denied request`;

  test('bindings keeps people from their spec, and leaves them the annotations', async () => {
    const forged = bindingWith(on.api.namespace, 'forged');
    await expect(user.feed('create', DRY, forged)).rejects.toThrow(denied('bindings'));
    expect(await patch('fpvcb', 'some', { annotations: { [annotations.retry]: 'now' } })).toContain(
      'patched',
    );
  });

  test('PVCs keeps people from what marks them, and leaves them the rest', async () => {
    await expect(user('delete', 'pvc', 'some', DRY)).rejects.toThrow(denied('claims'));
    expect(await patch('pvc', 'some', { labels: { 'example.com/team': 'a' } })).toContain(
      'patched',
    );
  });

  test('marks of Pods keeps people from them, and leaves them the rest', async () => {
    const binding = { labels: { [labels.binding]: 'some' } };
    await expect(patch('pod', 'plain', binding)).rejects.toThrow(denied('pod-marks'));
    expect(await patch('pod', 'plain', { labels: { a: 'b' } })).toContain('patched');
  });

  test('Pods denies those that are injected in part, and no others', async () => {
    await expect(user.feed('create', DRY, marked())).rejects.toThrow(denied('pods'));
    const plain = podWith({ namespace: on.api.namespace });
    expect(await user.feed('create', DRY, plain)).toContain('created');
  });

  test('the validation namespace lets the webhook store nothing', async () => {
    const { validationNamespace: namespace } = on;
    const create = (...flags: string[]): Promise<string> =>
      asWebhook().feed('create', `--namespace=${namespace}`, ...flags, podWith({ namespace }));
    await eventually('the ServiceAccount of the namespace', () =>
      user('get', `--namespace=${namespace}`, 'serviceaccount', 'default'),
    );
    expect(await create(DRY)).toContain('created');
    await expect(create()).rejects.toThrow(
      'the operator creates nothing in this namespace but dry runs',
    );
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
  await expect(user.feed('create', DRY, labelledPod(on.api, 'logs'))).rejects.toThrow(
    'failed calling webhook "pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com"',
  );
  expect(await user.feed('create', DRY, podWith({ namespace: on.api.namespace }))).toContain(
    'created',
  );
});

test('where the webhook may be left out, Pods that it did not see are warned of and start', async () => {
  await on.upgrade('--set=webhook.failurePolicy=Ignore');
  const said = await eventually('the new binding', async () => {
    const text = await user.feed('create', DRY, marked()).catch(String);
    return text.includes('created') ? text : undefined;
  });
  expect(said).toMatch(new RegExp(`Warning: [^]*'${RELEASE}-pods'[^]*lacks label`));
  const labelled = await user.feed('create', DRY, labelledPod(on.api, 'logs'));
  expect(labelled).toMatch(/created[^]*Warning: [^]*lacks label/);
  // All that is not about the webhook holds as before.
  await expect(user('delete', 'pvc', 'some', DRY)).rejects.toThrow('is not drained yet');
  await on.upgrade();
  await guarded(on.api, user, RELEASE);
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
  await eventually('labelled Pods to start', () =>
    user.feed('create', DRY, labelledPod(api, 'logs')),
  );
});
