import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { labels } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import { eventually } from '../test/support/eventually.ts';
import { container } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { copyingFluentPVC } from './lines.ts';
import { nothingLeft, openStage, PATIENCE_MS, type Stage } from './stage.ts';

let stage: Stage;
let metricsPort: number;

shared(
  async (parts) => {
    stage = await openStage('e2e-brake', parts);
    metricsPort = await freePort();
    const operator = await stage.startOperator([`--metrics-port=${metricsPort}`]);
    parts.defer(() => operator.stop());
  },
  async () => {
    await stage.kubectl('delete', 'deployments,pods', '--all');
    await nothingLeft(stage);
  },
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Value of the operator's metric of that FluentPVC; 0 where there is none yet. */
async function metric(name: string, fluentPVC: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const lines = (await answer.text()).split('\n');
  const line = lines.find((one) => one.startsWith(`${name}{fluentpvc="${fluentPVC}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

function deployment(name: string, replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, [labels.fluentPVC]: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [container('app', 'echo line 1 >>/buffer/log; exec sleep 1000000')],
        },
      },
    },
  } as KubeObject;
}

/** Script of a sidecar that does that once the app has started. */
function onceAppRuns(then: string): string {
  return `until [ -s /buffer/log ]; do sleep 0.2; done; sleep 1; ${then}`;
}

async function note(reason: string): Promise<string> {
  const flags = ['--field-selector', `reason=${reason}`, '-o', 'jsonpath={.items[0].note}'];
  return stage.kubectl('get', 'events.events.k8s.io', ...flags).catch(() => '');
}

test('a sidecar that ends at once loops no fleet: the brake goes on, and one Pod goes a minute', async () => {
  await stage.kubectl.feed('apply', copyingFluentPVC('fleet', { sidecar: onceAppRuns('exit 1') }));
  await stage.kubectl.feed('apply', deployment('fleet', 6));
  await eventually(
    'the brake to go on',
    async () => (await metric('fluent_pvc_brake_engaged', 'fleet')) === 1,
    PATIENCE_MS,
  );
  expect(await eventually('the Event on the FluentPVC', () => note('BrakeEngaged'))).toMatch(
    /Pods failed within 5 min/,
  );
  await eventually('the Event on a Pod that waits', () => note('DeletionWaits'));

  const deletions = (): Promise<number> => metric('fluent_pvc_sidecar_deletions_total', 'fleet');
  /** When one more has gone, in ms since the epoch. */
  const next = async (before: number): Promise<number> => {
    await eventually('the next deletion', async () => (await deletions()) > before, 90_000);
    expect(await deletions()).toBe(before + 1);
    return Date.now();
  };
  const before = await deletions();
  const first = await next(before);
  const second = await next(before + 1);
  expect(second - first).toBeGreaterThan(50_000);

  // Whoever mends the sidecar and restarts the owner need not wait for the minutes.
  await stage.kubectl.feed('apply', copyingFluentPVC('fleet'));
  await stage.kubectl('rollout', 'restart', 'deployment/fleet');
  await stage.kubectl('rollout', 'status', 'deployment/fleet', '--timeout=60s');
  const { items } = await stage.client.list<Pod>('Pod', { labelSelector: 'app=fleet' });
  const failed = items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap(({ status }) => status?.initContainerStatuses ?? [])
    .filter(({ restartCount = 0 }) => restartCount > 0);
  expect(failed).toEqual([]);
});

test('a sidecar that runs out of memory is a failed one', async () => {
  const fluentPVC = copyingFluentPVC('hungry', {
    sidecar: onceAppRuns('x=aaaaaaaa; while true; do x=$x$x; done'),
  });
  Object.assign(fluentPVC.spec.sidecarContainerTemplate, {
    resources: { limits: { memory: '20Mi' } },
  });
  await stage.kubectl.feed('apply', fluentPVC);
  await stage.kubectl.feed('apply', deployment('hungry', 1));
  await eventually(
    'the Pod to be evicted because of that',
    async () => (await metric('fluent_pvc_sidecar_deletions_total', 'hungry')) > 0,
    PATIENCE_MS,
  );
  const notes = await stage.kubectl(
    'get',
    'events.events.k8s.io',
    '-o',
    'jsonpath={.items[*].note}',
  );
  expect(notes).toContain('ended with exit code 137 (OOMKilled) while the app ran');
});
