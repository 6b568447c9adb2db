import { afterAll, describe, expect, test } from '@jest/globals';
import type { Binding } from '../../src/api/binding.ts';
import { isTrue } from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { Kind } from '../../src/api/resources.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import type { Line } from '../support/memory-log.ts';
import { shared } from '../support/shared.ts';
import {
  endJob,
  exited,
  finishedPod,
  gone,
  jobFor,
  ref,
  RUNNING,
  runningPod,
  say,
  status,
} from './cycle.ts';
import { bindingNameOf, bindingWhere, claimOf, type Api } from './harness.ts';
import { runAsInstalled } from './as-installed.ts';
import { runCheck } from './checking.ts';
import { accountOf, openInstallation, type Installation } from './installation.ts';

/*
 * What the operator does, with the rights that the chart gives it: src/kube/permissions.ts is complete.
 * Of most calls a refusal is logged and no more, so the logs are looked at in the end.
 */
const FLUENTPVC = 'installed';

let on: Installation;
let api: Api;
let lines: readonly Line[];
/** The binding that somebody has deleted by force. */
let lost: Stored<Binding>['metadata'];
/** Another one is made once no admission can be under way any more. */
const LOST_MS = 100_000;

shared(async (parts) => {
  on = await openInstallation(parts);
  ({ api } = on);
  lines = await runAsInstalled(parts, on);
  await eventually('the webhook', () => api.client.create(fluentPVC('losing')));
  lost = await loseBinding((await runningPod(api, 'losing')).binding);
});

/** By the account of the controllers: nobody else may. */
async function loseBinding(name: string): Promise<Stored<Binding>['metadata']> {
  const as = `--as=${accountOf(on, 'controllers')}`;
  const found = await api.client.get<Binding>(ref(api, 'FluentPVCBinding', name));
  if (found === undefined) throw new Error(`there is no binding ${name}`);
  await api.kubectl(as, 'delete', 'fpvcb', name, '--wait=false');
  const unheld = '--patch={"metadata":{"finalizers":null}}';
  await api.kubectl(as, 'patch', 'fpvcb', name, '--type=merge', unheld);
  return found.metadata;
}

afterAll(() => {
  // In RBAC's words; a quota says Forbidden, too.
  const refused = lines.filter((line) => /cannot \w+ resource/.test(JSON.stringify(line)));
  expect(refused).toEqual([]);
});

const events = (): Promise<string> => api.kubectl('get', 'events.events.k8s.io', '--output=wide');

test('a FluentPVC is tried out by dry runs, without a warning', async () => {
  const said = await api.kubectl.feed('create', fluentPVC(FLUENTPVC));
  expect(said).toBe(`fluentpvc.fluent-pvc-operator.tech.zozo.com/${FLUENTPVC} created\n`);
  const trials = ['get', 'pods,jobs,pvc', `--namespace=${on.validationNamespace}`, '--output=name'];
  expect(await api.kubectl(...trials)).toBe('');
});

test('helm test finds that it works, with no more rights than it needs', async () => {
  const { said, fault } = await runCheck(on, 'check-install');
  expect(fault).toBeUndefined();
  expect(said).toContain('the webhook answers');
  expect(said.at(-1)).toBe('the controllers lead');
});

describe('a claim', () => {
  test('is drained when its Pod has ended, and goes with its binding and Job', async () => {
    const { pod, binding, job } = await finishedPod(api, FLUENTPVC);
    await endJob(api, job, 'Complete');
    await gone(api, binding);
    for (const kind of ['Job', 'PersistentVolumeClaim'] as const) {
      if (kind === 'PersistentVolumeClaim')
        await api.kubectl('delete', 'pod', pod.metadata.name, '--force');
      await eventually(
        `the ${kind} to go`,
        async () => (await api.client.get(ref(api, kind, binding))) === undefined,
      );
    }
    expect(await events()).toContain('Injected');
  });

  test('is drained again by hand when its finalizer Job failed', async () => {
    const { binding, job } = await finishedPod(api, FLUENTPVC);
    await endJob(api, job, 'Failed');
    await bindingWhere(api, binding, 'FinalizerJobFailed', (one) =>
      isTrue(one.status?.conditions, 'FinalizerJobFailed'),
    );
    await api.kubectl('annotate', 'fpvcb', binding, `${annotations.retry}=now`);
    const second = await eventually('another Job', async () => {
      const found = await api.client.get<Job>(ref(api, 'Job', binding));
      return found !== undefined && found.metadata.uid !== job.metadata.uid ? found : undefined;
    });
    await endJob(api, second, 'Complete');
    await gone(api, binding);
  });

  test('is drained when its Pod vanished with a node that is gone', async () => {
    await api.kubectl.feed('create', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'lost' },
    });
    const pod = await api.client.create(labelledPod(api, FLUENTPVC, { nodeName: 'lost' }));
    await say(api, pod, status('Running', RUNNING, RUNNING));
    const binding = bindingNameOf(pod);
    await bindingWhere(api, binding, 'its node', (one) => one.status?.nodeName === 'lost');
    await api.kubectl('delete', 'pod', pod.metadata.name, '--force');
    await bindingWhere(api, binding, 'WriterMayBeAlive', (one) =>
      isTrue(one.status?.conditions, 'WriterMayBeAlive'),
    );
    await api.kubectl('delete', 'node', 'lost');
    await api.kubectl(
      'annotate',
      'fpvcb',
      binding,
      `${annotations.assumeStopped}=${pod.metadata.uid}`,
    );
    await endJob(api, await jobFor(api, binding), 'Complete');
    await gone(api, binding);
  });
});

describe('a Pod', () => {
  test('whose sidecar fails is evicted', async () => {
    const { pod } = await runningPod(api, FLUENTPVC);
    await say(api, pod, status('Running', RUNNING, exited(1)));
    await eventually('the Pod to be deleted', async () => {
      const found = await api.client.get<Pod>(ref(api, 'Pod', pod.metadata.name));
      return found === undefined || found.metadata.deletionTimestamp !== undefined;
    });
    await eventually('the Event', async () => (await events()).includes('SidecarFailed'));
  });

  test('that is denied is told of at its owner', async () => {
    const owned = labelledPod(api, 'missing');
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'app',
      uid: 'u',
      controller: true,
    };
    owned.metadata.ownerReferences = [owner];
    await expect(api.client.create(owned)).rejects.toThrow('there is no FluentPVC "missing"');
    await eventually('the Event', async () => (await events()).includes('InjectionDenied'));
  });

  test('that arrives with the label of another’s binding gets a claim of its own', async () => {
    const first = await api.client.create(labelledPod(api, FLUENTPVC));
    const copy = {
      ...first,
      metadata: {
        ...labelledPod(api, FLUENTPVC).metadata,
        labels: first.metadata.labels ?? {},
        annotations: first.metadata.annotations ?? {},
      },
    };
    const second = await api.client.create<Pod>(copy);
    expect(bindingNameOf(second)).not.toBe(bindingNameOf(first));
  });

  test('whose claim is refused leaves no binding', async () => {
    await api.kubectl('create', 'quota', 'none', '--hard=persistentvolumeclaims=0');
    await eventually('the quota to hold', async () => {
      const said = await api.client.create(labelledPod(api, FLUENTPVC)).then(() => '', String);
      return said.includes('exceeded quota');
    });
    await api.kubectl('delete', 'quota', 'none');
    await eventually('what was undone to go', async () => {
      const names = async (kind: Kind): Promise<string[]> => {
        const { items } = await api.client.list(kind, { namespace: api.namespace });
        return items.map(({ metadata }) => metadata.name);
      };
      const claims = await names('PersistentVolumeClaim');
      return (await names('FluentPVCBinding')).every((name) => claims.includes(name));
    });
  });
});

test('a volume whose namespace is deleted is drained in the rescue namespace', async () => {
  const going = { ...api, namespace: `${api.namespace}-going` };
  await api.kubectl('create', 'namespace', going.namespace);
  await eventually('the ServiceAccount of the namespace', () =>
    api.kubectl('get', 'serviceaccount', 'default', '-n', going.namespace),
  );
  const { pod, binding } = await runningPod(going, FLUENTPVC);
  await eventually('its volume', async () => {
    return (await claimOf(going, binding))?.status?.phase === 'Bound';
  });
  await api.kubectl('delete', 'namespace', going.namespace, '--wait=false');
  await say(going, pod, status('Succeeded', exited(0), exited(0)));
  const ended = ['pod', pod.metadata.name, '-n', going.namespace];
  await api.kubectl('delete', ...ended, '--force', '--ignore-not-found');
  const rescue = { ...api, namespace: on.rescueNamespace };
  await bindingWhere(rescue, binding, 'to have its volume again', (one) =>
    isTrue(one.status?.conditions, 'Rescued'),
  );
  await endJob(rescue, await jobFor(rescue, binding), 'Complete');
  await gone(rescue, binding);
});

test('a FluentPVC without bindings goes', async () => {
  await api.client.create(fluentPVC('unbound'));
  await eventually(
    'its finalizer',
    async () => (await api.client.get({ kind: 'FluentPVC', name: 'unbound' }))?.metadata.finalizers,
  );
  await api.kubectl('delete', 'fpvc', 'unbound');
});

// The last: it waits for what the first thing here has begun.
test(
  'a claim whose binding is lost gets it back',
  async () => {
    const another = async (): Promise<boolean> => {
      const found = await api.client.get<Binding>(ref(api, 'FluentPVCBinding', lost.name));
      return found !== undefined && found.metadata.uid !== lost.uid;
    };
    await eventually('another binding', another, LOST_MS);
  },
  LOST_MS,
);
