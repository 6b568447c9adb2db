import { afterAll, expect, test } from '@jest/globals';
import { GROUP } from '../../src/api/names.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import type { Line } from '../support/memory-log.ts';
import { shared } from '../support/shared.ts';
import { runAsInstalled } from './as-installed.ts';
import { runCheck } from './checking.ts';
import { endJob, finishedPod, gone } from './cycle.ts';
import type { Api } from './harness.ts';
import { accountOf, openInstallation, type Installation } from './installation.ts';

/* An operator for one namespace, with Roles in it, and what it can not do. */
let on: Installation;
let api: Api;
let elsewhere: string;
let lines: readonly Line[];

shared(async (parts) => {
  on = await openInstallation(parts, ({ namespace }) => `--set=namespaces={${namespace}}`);
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
  await eventually('the webhook', () => api.client.create(fluentPVC('logs')));
});

afterAll(() => {
  const refused = lines.filter((line) => /cannot \w+ resource/.test(JSON.stringify(line)));
  expect(refused).toEqual([]);
});

test('a claim of its namespace is drained, as ever', async () => {
  const { binding, job } = await finishedPod(api, 'logs');
  await endJob(api, job, 'Complete');
  await gone(api, binding);
});

test('a labelled Pod of another namespace is denied: it would run without its claim', async () => {
  const denied = async (): Promise<string> =>
    api.client
      .create(labelledPod({ namespace: elsewhere }, 'logs'), { dryRun: true })
      .then(() => 'created', String);
  await eventually('the guard', async () => (await denied()).includes('the webhook did not see'));
});

test('helm test finds that it works', async () => {
  expect((await runCheck(on, 'check-install')).fault).toBeUndefined();
});

test('its accounts may nothing in another namespace', async () => {
  const can = (verb: string, what: string, who: string, namespace: string): Promise<string> =>
    api.kubectl('auth', 'can-i', verb, what, `--as=${who}`, `--namespace=${namespace}`).then(
      (said) => said.trim(),
      () => 'no',
    );
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
