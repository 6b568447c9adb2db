import { expect, test } from '@jest/globals';
import type { Job } from '../../src/api/job.ts';
import { finalizers } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { runCheck, type Checked } from './checking.ts';
import { endJob } from './cycle.ts';
import { bindingWith, openUser } from './guarding.ts';
import { accountOf, openInstallation, RELEASE, type Installation } from './installation.ts';

/*
 * `helm uninstall` asks the program first. There is no node: the test runs what the Job says, with the
 * Job's account, and ends the Job as its Pod would have.
 */
let on: Installation;

const CONFIGURATIONS = 'mutatingwebhookconfigurations,validatingwebhookconfigurations';
const UNHELD = '--patch={"metadata":{"finalizers":null}}';
const CHECK = `${RELEASE}-check-uninstall`;

shared(async (parts) => {
  on = await openInstallation(parts);
  const { api } = on;
  await openUser(api);
  await takeOthersAway();
  const as = `--as=${accountOf(on, 'webhook')}`;
  const undrained = bindingWith(api.namespace, 'some', { finalizers: [finalizers.binding] });
  await api.kubectl.feed(as, 'create', undrained);
});

/** An installation looks at all namespaces, and other tests have left bindings and PVCs. */
async function takeOthersAway(): Promise<void> {
  const { client, kubectl } = on.api;
  const as = `--as=${accountOf(on, 'controllers')}`;
  for (const kind of ['FluentPVCBinding', 'PersistentVolumeClaim'] as const) {
    const { items } = await eventually(`a list of ${kind}`, () => client.list(kind, {}));
    for (const { name, namespace = '' } of items.map(({ metadata }) => metadata)) {
      const one = [as, `--namespace=${namespace}`];
      await kubectl(...one, 'patch', kind, name, '--type=merge', UNHELD);
      await kubectl(...one, 'delete', kind, name, '--ignore-not-found', '--wait=false');
    }
  }
}

/** Uninstalls, and returns what the check says and what Helm says in the end. */
async function uninstall(): Promise<Checked & { helm: string }> {
  const uninstalled = on
    .helm('uninstall', RELEASE, `--namespace=${on.namespace}`, '--wait', '--timeout=50s')
    .then(String, String);
  const job = await eventually('the Job of the check', async () => {
    const ref = { kind: 'Job', namespace: on.namespace, name: CHECK } as const;
    const found = await on.api.client.get<Job>(ref);
    return found?.status?.conditions === undefined ? found : undefined;
  });
  const checked = await runCheck(on, 'check-uninstall');
  const outcome = checked.fault === undefined ? 'Complete' : 'Failed';
  await endJob({ ...on.api, namespace: on.namespace }, job, outcome);
  return { ...checked, helm: await uninstalled };
}

const there = async (what: string): Promise<string[]> => {
  const labelled = ['-l', 'app.kubernetes.io/name=fluent-pvc-operator'];
  const text = await on.api.kubectl('get', what, '-n', on.namespace, '-o', 'name', ...labelled);
  return text.split('\n').filter((line) => line !== '');
};

test('while a binding is not drained, nothing is taken away, and the release can be brought back', async () => {
  const { said, fault, helm } = await uninstall();
  expect(said).toEqual([`binding ${on.api.namespace}/some: Pending, Pod "app"`]);
  expect(fault).toContain('not uninstalled: 1 of its objects');
  expect(helm).toMatch(/check-uninstall not ready.*Failed/s);
  expect(await there(CONFIGURATIONS)).toHaveLength(2);
  expect(await there('deployments')).toHaveLength(2);
  // What only the check needs is gone, but for the Job, which has the log.
  expect(await there('clusterroles,clusterrolebindings,serviceaccounts,jobs')).not.toContainEqual(
    expect.stringMatching(/^(clusterrole|serviceaccount).*check-uninstall/),
  );
  // Helm upgrades no release that it calls "uninstalling".
  await on.helm('rollback', RELEASE, '1', `--namespace=${on.namespace}`);
  await on.upgrade('--set=logLevel=debug');
  const one = await on.api.client.get<KubeObject & { spec: object }>({
    kind: 'FluentPVCBinding',
    namespace: on.api.namespace,
    name: 'some',
  });
  expect(one?.metadata.deletionTimestamp).toBeUndefined();
});

test('once nothing is left to drain, it goes, and nothing of it stays in the way', async () => {
  const as = `--as=${accountOf(on, 'controllers')}`;
  await on.api.kubectl(as, 'patch', 'fpvcb', 'some', '--type=merge', UNHELD);
  await on.api.kubectl(as, 'delete', 'fpvcb', 'some');
  const { said, helm } = await uninstall();
  // FluentPVCs of other tests may be named behind it.
  expect(said[0]).toBe('nothing waits for a drain');
  expect(helm).toContain('uninstalled');
  expect(await there(`${CONFIGURATIONS},deployments,jobs,clusterroles,serviceaccounts`)).toEqual(
    [],
  );
});
