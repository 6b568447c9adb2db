import { expect, test } from '@jest/globals';
import { labels } from '../src/api/names.ts';
import type { Container, PodSpec } from '../src/api/pod.ts';
import { eventually } from '../test/support/eventually.ts';
import { container } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { brake } from './brake.scenes.ts';
import { deployment, runningPodOf } from './deployment.ts';
import {
  copyingFluentPVC,
  countedBy,
  drainedLines,
  expectComplete,
  hasWritten,
  WAIT,
  writer,
  type Copying,
} from './lines.ts';
import { freePort } from './metrics.ts';
import { awaiting, give } from './scene.ts';
import { getPod, nothingLeft, notesOf, patiently } from './seen.ts';
import { openNamespace, openStage, PATIENCE_MS, type Stage } from './stage.ts';

/*
 * What counts as a failure of a sidecar, and how its Pod goes. What the Pod has written arrives.
 */

/** How long a disruption budget holds a Pod that is not Ready. */
const EVICTION_TIMEOUT_S = 20;

let stage: Stage;
let metricsPort: number;

shared(async (parts) => {
  stage = await openStage('e2e-sidecar', parts);
  metricsPort = await freePort();
  const operator = await stage.startOperator([
    `--eviction-timeout=${EVICTION_TIMEOUT_S}s`,
    `--metrics-port=${metricsPort}`,
  ]);
  parts.defer(() => operator.stop());
});

brake(
  () => stage,
  () => metricsPort,
);

/** The script of a sidecar that does that once the app has written. */
function onceAppWrites(then: string): string {
  return `until [ -s /buffer/log ]; do sleep 0.2; done; sleep 1; ${then}`;
}

interface Fleet extends Stage {
  name: string;
  pod: string;
  claim: string;
}

/** A Deployment of one Pod that writes, in a namespace of its own. */
async function deployed(
  name: string,
  copying: Copying,
  pod: Partial<PodSpec> = {},
): Promise<Fleet> {
  const own = await openNamespace(stage, name);
  await own.client.create(copyingFluentPVC(name, copying));
  await own.kubectl.feed('apply', deployment(name, writer(), pod));
  return { ...own, name, ...(await runningPodOf(own, name)) };
}

/** The Pod is replaced for that reason, and what it and its successor have written arrives. */
async function expectReplaced(fleet: Fleet, why: string): Promise<void> {
  const { name, kubectl } = fleet;
  const next = await runningPodOf(fleet, name, fleet.pod);
  await hasWritten(fleet, next.pod);
  expect((await notesOf(fleet, 'SidecarFailed'))[0]).toContain(why);
  await kubectl('delete', 'deployment', name);
  for (const { pod, claim } of [fleet, next]) {
    await expectComplete(fleet, await drainedLines(fleet, claim), pod);
  }
}

const hungry = {
  ...container('shipper', onceAppWrites('x=aaaaaaaa; while true; do x=$x$x; done')),
  resources: { limits: { memory: '20Mi' } },
} as Container;

const FAILURES: Record<string, { copying: Copying; why: string }> = {
  'runs out of memory': {
    copying: { sidecarContainerTemplate: hungry },
    why: 'ended with exit code 137 (OOMKilled) while the app ran',
  },
  'exits with 1 among the containers': {
    copying: { sidecarMode: 'Regular', sidecar: onceAppWrites('exit 1') },
    why: 'ended with exit code 1 (Error) while the app ran',
  },
  'exits with 0, where any end counts,': {
    copying: { podDeletionTrigger: 'SidecarTermination', sidecar: onceAppWrites('exit 0') },
    why: 'ended with exit code 0 (Completed) while the app ran',
  },
  'was restarted three times': {
    copying: { sidecar: onceAppWrites('exit 0') },
    why: 'was restarted 3 times',
  },
};

test.concurrent.each(Object.entries(FAILURES))(
  'a Pod whose sidecar %s is replaced',
  async (what, { copying, why }) => {
    const name = what.replaceAll(/[^a-z0-9]+/g, '-').replace(/-$/, '');
    await expectReplaced(await deployed(name, copying), why);
  },
);

test.concurrent('a Pod whose sidecar crashes before the app can start is replaced', async () => {
  const early = await openNamespace(stage, 'early');
  const startupProbe = { exec: { command: ['false'] } };
  const sidecarContainerTemplate = { ...container('shipper', 'exit 1'), startupProbe } as Container;
  await early.client.create(copyingFluentPVC('early', { sidecarContainerTemplate }));
  await early.kubectl.feed('apply', deployment('early', writer()));
  const note = await eventually(
    'it to be told',
    async () => (await notesOf(early, 'SidecarFailed'))[0],
    PATIENCE_MS,
  );
  expect(note).toContain('crashes before the app can start (CrashLoopBackOff)');
  await early.kubectl('delete', 'deployment', 'early');
});

/** One whose sidecar fails once, when it is told to, and whose only Pod a disruption budget protects. */
async function protectedFleet(name: string, app: Partial<Container> & object = {}): Promise<Fleet> {
  const fail = `${awaiting(name)}; touch /buffer/failed; exit 1`;
  const sidecar = `[ -e /buffer/failed ] || { ${fail}; }; ${WAIT}`;
  const containers = [{ ...container('app', writer()), ...app }];
  const fleet = await deployed(name, { sidecar }, { containers });
  await fleet.kubectl('create', 'pdb', name, `--selector=app=${name}`, '--min-available=1');
  await eventually(
    'the budget to be in force',
    async () => {
      const status = '{.status.observedGeneration}/{.status.expectedPods}';
      return (await fleet.kubectl('get', 'pdb', name, '-o', `jsonpath=${status}`)) === '1/1';
    },
    PATIENCE_MS,
  );
  return fleet;
}

async function refused(fleet: Fleet): Promise<void> {
  await give(fleet, fleet.name);
  const note = await eventually(
    'the Event',
    async () => (await notesOf(fleet, 'EvictionRefused'))[0],
    PATIENCE_MS,
  );
  expect(note).toContain(`The disruption budget ${fleet.name} needs 1 healthy pods`);
}

test.concurrent(
  'a disruption budget keeps a Pod that is Ready, and one that is not only for a while',
  async () => {
    const readinessProbe = { exec: { command: ['false'] } };
    const ready = await protectedFleet('ready');
    const unready = await protectedFleet('unready', { readinessProbe } as object);
    await refused(ready);
    await refused(unready);
    await expectReplaced(unready, 'ended with exit code 1 (Error) while the app ran');
    // That one was refused earlier.
    const { metadata } = (await getPod(ready, ready.pod)) ?? {};
    expect(metadata).not.toHaveProperty('deletionTimestamp');
    await ready.kubectl('delete', 'pdb', 'ready');
    await expectReplaced(ready, 'ended with exit code 1 (Error) while the app ran');
  },
);

test('sidecar and app that fall with their node are no failure: the Pod goes on', async () => {
  const fleet = await deployed('rebooted', {});
  const { name, pod, claim, kubectl } = fleet;
  await hasWritten(fleet, pod);
  // A Job's Pod whose container is created and not started would stay so for ever: kubelet's fault.
  await patiently(stage, 'the drains of others to end', async () => {
    return (await stage.kubectl('get', 'jobs', '-A', '-o=name')) === '';
  });
  await stage.cluster.rebootNode();
  const ends = await eventually(
    'all containers to run again',
    async () => {
      const { initContainerStatuses = [], containerStatuses = [] } =
        (await getPod(fleet, pod))?.status ?? {};
      const all = [...initContainerStatuses, ...containerStatuses];
      const again = all.every(({ restartCount = 0, state }) => restartCount > 0 && state?.running);
      return again && all.map(({ lastState }) => lastState?.terminated?.exitCode);
    },
    PATIENCE_MS,
  );
  // Each by itself would be one.
  expect(ends).toEqual([255, 255]);
  const before = await countedBy(fleet, pod);
  await eventually('more lines', async () => (await countedBy(fleet, pod)) > before, PATIENCE_MS);
  expect((await getPod(fleet, pod))?.metadata).not.toHaveProperty('deletionTimestamp');
  expect(await notesOf(fleet, 'SidecarFailed')).toEqual([]);
  await kubectl('delete', 'deployment', name);
  await expectComplete(fleet, await drainedLines(fleet, claim), pod);
});

test('nothing is left when all Pods are gone', async () => {
  await stage.kubectl('delete', 'pods', '-A', '-l', labels.fluentPVC);
  await nothingLeft(stage);
});
