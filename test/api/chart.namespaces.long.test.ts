import { afterAll, expect, test } from '@jest/globals';
import { setJson } from '../../e2e/helm.ts';
import { isTrue } from '../../src/api/condition.ts';
import { finalizers, GROUP } from '../../src/api/names.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import type { Line } from '../support/memory-log.ts';
import { shared } from '../support/shared.ts';
import { runAsInstalled } from './as-installed.ts';
import { runCheck } from './checking.ts';
import { endJob, exited, finishedPod, gone, jobFor, runningPod, say, status } from './cycle.ts';
import { bindingWhere, claimOf, type Api } from './harness.ts';
import { accountOf, openInstallation, type Installation } from './installation.ts';

/* An operator for one namespace, with Roles in it, and what it can not do. */
let on: Installation;
let api: Api;
let elsewhere: string;
let lines: readonly Line[];

shared(async (parts) => {
  on = await openInstallation(parts, ({ namespace }) => setJson('namespaces', [namespace]));
  ({ api } = on);
  elsewhere = `${api.namespace}-elsewhere`;
  await api.kubectl('create', 'namespace', elsewhere);
  parts.defer(async () => {
    await api.kubectl('delete', 'namespace', elsewhere, '--wait=false');
  });
  await eventually('the ServiceAccount of the namespace', () =>
    api.kubectl('get', 'serviceaccount', 'default', '-n', elsewhere),
  );
  lines = await runAsInstalled(parts, on, `--namespaces=${api.namespace}`);
  await eventually('the webhook', () => api.client.create(fluentPVC('in-one-namespace')));
});

/** How many lines there were before rights were taken away on purpose. */
let before: number | undefined;

afterAll(() => {
  const refused = lines
    .slice(0, before)
    .filter((line) => /cannot \w+ resource/.test(JSON.stringify(line)));
  expect(refused).toEqual([]);
});

test('a claim of its namespace is drained, as ever', async () => {
  const { binding, job } = await finishedPod(api, 'in-one-namespace');
  await endJob(api, job, 'Complete');
  await gone(api, binding);
});

test('a labelled Pod of another namespace is denied: it would run without its claim', async () => {
  const denied = async (): Promise<string> =>
    api.client
      .create(labelledPod({ namespace: elsewhere }, 'in-one-namespace'), { dryRun: true })
      .then(() => 'created', String);
  await eventually('the guard', async () => (await denied()).includes('the webhook did not see'));
});

test('a FluentPVC that nobody needs any more goes', async () => {
  const { client } = api;
  const ref = { kind: 'FluentPVC', name: 'not-needed' } as const;
  const { metadata } = await client.create(fluentPVC(ref.name));
  await eventually('our finalizer', async () =>
    (await client.get(ref))?.metadata.finalizers?.includes(finalizers.fluentPVC),
  );
  await client.delete(ref, { uid: metadata.uid, propagation: 'Background' });
  await eventually('it to go', async () => (await client.get(ref)) === undefined);
});

test('helm test finds that it works', async () => {
  expect((await runCheck(on, 'check-install')).fault).toBeUndefined();
});

const can = (verb: string, what: string, who: string, namespace: string): Promise<string> =>
  api.kubectl('auth', 'can-i', verb, what, `--as=${who}`, `--namespace=${namespace}`).then(
    (answer) => answer.trim(),
    () => 'no',
  );

test('its accounts may nothing in another namespace', async () => {
  for (const [process, verb, what] of [
    ['webhook', 'create', 'persistentvolumeclaims'],
    ['webhook', 'create', `fluentpvcbindings.${GROUP}`],
    ['webhook', 'list', 'pods'],
    ['controllers', 'list', 'pods'],
    ['controllers', 'create', 'jobs.batch'],
    ['controllers', 'patch', `fluentpvcbindings.${GROUP}/status`],
    ['controllers', 'delete', 'persistentvolumeclaims'],
  ] as const) {
    const who = accountOf(on, process);
    expect([process, verb, what, await can(verb, what, who, api.namespace)]).toContain('yes');
    expect([process, verb, what, await can(verb, what, who, elsewhere)]).toContain('no');
  }
});

/** The longest backoff of a key, 72 s, and the rest. */
const FAILED_AGAIN_MS = 90_000;

// The last: afterwards it works for all.
test(
  'a namespace that is deleted takes the rights along; its data waits until they are back',
  async () => {
    const who = accountOf(on, 'controllers');
    const { pod, binding } = await runningPod(api, 'in-one-namespace');
    await eventually('its volume', async () => {
      return (await claimOf(api, binding))?.status?.phase === 'Bound';
    });
    before = lines.length;
    // Kubernetes empties a namespace in any order; this one leaves the most to be done without rights.
    await api.kubectl('delete', 'rolebindings', '--all');
    await eventually('the rights to go', async () => {
      return (await can('patch', 'persistentvolumeclaims', who, api.namespace)) === 'no';
    });
    await api.kubectl('delete', 'namespace', api.namespace, '--wait=false');
    await say(api, pod, status('Succeeded', exited(0), exited(0)));
    await api.kubectl('delete', 'pod', pod.metadata.name, '--force', '--ignore-not-found');
    await eventually('the Roles to go', async () => {
      return (await api.kubectl('get', 'roles', '-o=name')) === '';
    });
    expect(await claimOf(api, binding)).toBeDefined();
    await on.upgrade('--force-conflicts', setJson('namespaces', []));
    const rescue = { ...api, namespace: on.rescueNamespace };
    await bindingWhere(
      rescue,
      binding,
      'to have its volume again',
      (one) => isTrue(one.status?.conditions, 'Rescued'),
      // What has failed again and again is not tried at once.
      FAILED_AGAIN_MS,
    );
    await endJob(rescue, await jobFor(rescue, binding), 'Complete');
    await gone(rescue, binding);
  },
  2 * FAILED_AGAIN_MS,
);
