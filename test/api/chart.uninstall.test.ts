import { expect, test } from '@jest/globals';
import { check } from '../../src/check/check.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Job } from '../../src/api/job.ts';
import { finalizers } from '../../src/api/names.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { kubeconfigOf } from './as-installed.ts';
import { endJob } from './cycle.ts';
import { bindingWith, openUser } from './guarding.ts';
import { accountOf, openInstallation, RELEASE, type Installation } from './installation.ts';

/*
 * `helm uninstall` asks the program first. There is no node: the test runs what the Job says, with the
 * Job's account, and ends the Job as its Pod would have.
 */
let on: Installation;

const CONFIGURATIONS = 'mutatingwebhookconfigurations,validatingwebhookconfigurations';
const CHECK = `${RELEASE}-check-uninstall`;

shared(async (parts) => {
  on = await openInstallation(parts);
  const { api } = on;
  await openUser(api);
  const as = `--as=${accountOf(on, 'webhook')}`;
  const undrained = bindingWith(api.namespace, 'some', { finalizers: [finalizers.binding] });
  await api.kubectl.feed(as, 'create', undrained);
});

/** Uninstalls, and returns what the check says and what Helm says in the end. */
async function uninstall(): Promise<{ said: string[]; helm: string }> {
  const uninstalled = on
    .helm('uninstall', RELEASE, `--namespace=${on.namespace}`, '--wait', '--timeout=50s')
    .then(String, String);
  const said: string[] = [];
  const type = await runCheck((line) => void said.push(line));
  await endJob({ ...on.api, namespace: on.namespace }, await theJob(), type);
  return { said, helm: await uninstalled };
}

type CheckJob = Job & { spec: { template: { spec: { containers: { args: string[] }[] } } } };

const theJob = (): Promise<Stored<CheckJob>> =>
  eventually('the Job of the check', async () => {
    const ref = { kind: 'Job', namespace: on.namespace, name: CHECK } as const;
    const job = await on.api.client.get<CheckJob>(ref);
    return job?.status?.conditions === undefined ? job : undefined;
  });

async function runCheck(say: (line: string) => void): Promise<'Complete' | 'Failed'> {
  const [, ...args] = (await theJob()).spec.template.spec.containers[0]?.args ?? [];
  const kubeconfig = await kubeconfigOf(on, 'check-uninstall');
  const invocation = readConfig('0', [...args, `--kubeconfig=${kubeconfig}`], {});
  if (!('check' in invocation)) throw new Error(`${args.join(' ')} is no check`);
  try {
    await check(invocation.check, { clock: systemClock, version: '0', say });
    return 'Complete';
  } catch (error) {
    say(String(error));
    return 'Failed';
  }
}

const there = async (what: string): Promise<string[]> => {
  const labelled = ['-l', 'app.kubernetes.io/name=fluent-pvc-operator'];
  const text = await on.api.kubectl('get', what, '-n', on.namespace, '-o', 'name', ...labelled);
  return text.split('\n').filter((line) => line !== '');
};

test('while a binding is not drained, nothing is taken away, and the release can be upgraded', async () => {
  const { said, helm } = await uninstall();
  expect(said[0]).toBe(`binding ${on.api.namespace}/some: Pending`);
  expect(said.at(-1)).toContain('not uninstalled: 1 of its objects');
  expect(helm).toMatch(/UserError: helm uninstall.*pre-delete/s);
  expect(await there(CONFIGURATIONS)).toHaveLength(2);
  expect(await there('deployments')).toHaveLength(2);
  // What only the check needs is gone, but for the Job, which has the log.
  expect(await there('clusterroles,clusterrolebindings,serviceaccounts,jobs')).not.toContainEqual(
    expect.stringMatching(/^(clusterrole|serviceaccount).*check-uninstall/),
  );
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
  const unheld = '--patch={"metadata":{"finalizers":null}}';
  await on.api.kubectl(as, 'patch', 'fpvcb', 'some', '--type=merge', unheld);
  await on.api.kubectl(as, 'delete', 'fpvcb', 'some');
  const { said, helm } = await uninstall();
  expect(said).toEqual(['nothing waits for a drain']);
  expect(helm).toContain('uninstalled');
  expect(await there(`${CONFIGURATIONS},deployments,jobs,clusterroles,serviceaccounts`)).toEqual(
    [],
  );
});
