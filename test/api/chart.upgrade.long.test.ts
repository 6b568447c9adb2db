import { expect, test } from '@jest/globals';
import { crds } from '../../src/api/crd.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { setJson } from '../../e2e/helm.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { runAsInstalled } from './as-installed.ts';
import { endJob, exited, gone, jobFor, ref, runningPod, say, status, type Cycle } from './cycle.ts';
import type { Api } from './harness.ts';
import { openInstallation, RELEASE, type Installation } from './installation.ts';

/* Upgrades with live Pods: what they wrote is drained as if nothing had happened. */
let on: Installation;
let api: Api;
let cycle: Cycle;
let before: string[];

/** What must be the same objects afterwards. */
const LASTING = (): ObjectRef[] => [
  ref(api, 'FluentPVCBinding', cycle.binding),
  ref(api, 'PersistentVolumeClaim', cycle.binding),
  { kind: 'FluentPVC', name: 'upgraded' },
  { kind: 'Namespace', name: on.rescueNamespace },
  ...crds.map(({ metadata }): ObjectRef => {
    return { kind: 'CustomResourceDefinition', name: metadata.name ?? '' };
  }),
];

const uids = (): Promise<string[]> =>
  Promise.all(
    LASTING().map(async (one) => {
      const found = await api.client.get<KubeObject>(one);
      const goes = found?.metadata.deletionTimestamp === undefined ? '' : ' goes';
      return `${one.kind} ${found?.metadata.uid ?? 'is gone'}${goes}`;
    }),
  );

shared(async (parts) => {
  on = await openInstallation(parts);
  ({ api } = on);
  await runAsInstalled(parts, on);
  await eventually('the webhook', () => api.client.create(fluentPVC('upgraded')));
  cycle = await runningPod(api, 'upgraded');
  before = await uids();
});

// The test has led the API server to this process.
const CONFLICTS = '--force-conflicts';

test.each<[string, string[]]>([
  ['the same values', []],
  [
    'others',
    [
      '--set=webhook.replicas=3,webhook.drainSeconds=20,networkPolicy.enabled=true,logLevel=debug',
      setJson('commonLabels', { team: 'logs' }),
    ],
  ],
  ['no rescue, whose namespace stays', ['--set=rescue.enabled=false']],
  ['definitions that others apply, which stay', ['--set=crds.enabled=false']],
])(
  'an upgrade with %s leaves bindings, PVCs and definitions as they are',
  async (_called, values) => {
    await on.upgrade(CONFLICTS, ...values);
    expect(await uids()).toEqual(before);
  },
);

test('so does the way back', async () => {
  await on.helm('rollback', RELEASE, '1', `--namespace=${on.namespace}`, CONFLICTS);
  expect(await uids()).toEqual(before);
});

test('what was bound before is drained afterwards', async () => {
  await say(api, cycle.pod, status('Succeeded', exited(0), exited(0)));
  await endJob(api, await jobFor(api, cycle.binding), 'Complete');
  await gone(api, cycle.binding);
});
