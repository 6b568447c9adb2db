import { expect, test } from '@jest/globals';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import type { Job } from '../src/api/job.ts';
import { annotations, labels } from '../src/api/names.ts';
import type { Identity, Stored } from '../src/api/object.ts';
import { hasEnded, type PodSpec, type Volume } from '../src/api/pod.ts';
import { applyOriginalDefinitions, leave, type Left } from '../test/api/original.ts';
import { eventually } from '../test/support/eventually.ts';
import { container } from '../test/support/manifests.ts';
import { originalClaim, originalJob, originalPod } from '../test/support/original.ts';
import { shared } from '../test/support/shared.ts';
import {
  COPY,
  copyingFluentPVC,
  countedBy,
  DRAINED,
  drainedLines,
  expectComplete,
  hasWritten,
  scriptPod,
  WAIT,
  writer,
} from './lines.ts';
import { awaiting, give } from './scene.ts';
import { bindingWhere, getObject, getPod, nothingLeft } from './seen.ts';
import { openStage, PATIENCE_MS, type Stage } from './stage.ts';

/*
 * What the original operator leaves: its Pods run on a real node, and this one is started in its place.
 */

const FLUENTPVC = 'left';
const [READY, OVER, APPLIED, FAILED] = [
  'Ready',
  'OutOfUse',
  'FinalizerJobApplied',
  'FinalizerJobFailed',
] as const;
const names = {
  running: `${FLUENTPVC}-7d9c8b5f44-b2cdf`,
  over: `${FLUENTPVC}-7d9c8b5f44-b3cdg`,
  applied: `${FLUENTPVC}-7d9c8b5f44-b4cdh`,
  failed: `${FLUENTPVC}-7d9c8b5f44-b5cdj`,
  orphan: `${FLUENTPVC}-7d9c8b5f44-b6cdk`,
};
/** Lines of a Pod that ends. */
const FEW = `for i in $(seq 20); do echo line $i >>/buffer/log; echo $i >${DRAINED}/.$HOSTNAME; done`;

let stage: Stage;
let node: string;
let owner: Identity;
let running: Left;
let over: Left;
let applied: Left & { job: Stored<Job> };
let failed: Left;
let orphan: string;

shared(async (parts) => {
  stage = await openStage('e2e-take-over', parts);
  await applyOriginalDefinitions(stage);
  node = await stage.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}');
  const { metadata } = await stage.client.create(copyingFluentPVC(FLUENTPVC));
  owner = { name: FLUENTPVC, uid: metadata.uid };
  [running, orphan, over, applied, failed] = await Promise.all([
    leftRunning(names.running),
    leftWithoutBinding(names.orphan),
    leftOver(names.over),
    leftDraining(names.applied, `${awaiting('taken-over')}; ${COPY}`, APPLIED),
    leftDraining(names.failed, 'exit 1', APPLIED, FAILED),
  ]);
  for (const pod of [running.pod.metadata.name, orphan]) await hasWritten(stage, pod);
  const operator = await stage.startOperator();
  parts.defer(() => operator.stop());
});

/** What a Pod has when the original has injected it. */
function injected(claim: string, app: string, shipper: string): Partial<PodSpec> {
  const volumeMounts = [
    { name: 'buffer', mountPath: '/buffer' },
    { name: 'drained', mountPath: DRAINED },
  ];
  return {
    nodeName: node,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 2,
    containers: [
      { ...container('app', app), volumeMounts },
      { ...container('shipper', shipper), volumeMounts },
    ],
    volumes: [
      { name: 'buffer', persistentVolumeClaim: { claimName: claim } },
      { name: 'drained', hostPath: { path: DRAINED } },
    ] as Volume[],
  };
}

/** A Pod that runs as long as it is let. */
function leftRunning(name: string): Promise<Left> {
  return leave(stage, name, owner, [READY], injected(name, writer(), WAIT));
}

/** A Pod that is over, and how far the original has come. */
async function leftOver(name: string, ...conditions: string[]): Promise<Left> {
  const left = await leave(
    stage,
    name,
    owner,
    [READY, OVER, ...conditions],
    injected(name, FEW, 'true'),
  );
  await eventually(
    'the Pod to end',
    async () => {
      const pod = await getPod(stage, left.pod.metadata.name);
      return pod !== undefined && hasEnded(pod);
    },
    PATIENCE_MS,
  );
  return left;
}

/** The same, and its finalizer Job. */
async function leftDraining(
  name: string,
  drain: string,
  ...conditions: string[]
): Promise<Left & { job: Stored<Job> }> {
  const left = await leftOver(name, ...conditions);
  const { containers = [], volumes } = injected(name, '', drain);
  const job = originalJob(left.binding);
  Object.assign(job.spec.template.spec, { containers: containers.slice(1), volumes });
  return { ...left, job: await stage.client.create(job) };
}

/** Name of a Pod whose binding was lost. */
async function leftWithoutBinding(name: string): Promise<string> {
  const at = { namespace: stage.namespace, name };
  const claim = await stage.client.create(originalClaim(at));
  const admission = {
    ...{ ...at, fluentPVC: owner, pod: { name: 'app-orphan', uid: '' } },
    pvc: { name, uid: claim.metadata.uid },
  };
  const pod = originalPod(admission, injected(name, writer(), WAIT));
  return (await stage.client.create(pod)).metadata.name;
}

async function expectArrived(claim: string, pod: string): Promise<void> {
  await expectComplete(stage, await drainedLines(stage, claim), pod);
}

test.concurrent('a Pod that runs goes on, and is drained when it is over', async () => {
  const { name, pod } = running;
  const { spec } = await bindingWhere(stage, name, 'taken over', ({ metadata }) =>
    Object.hasOwn(metadata.annotations ?? {}, annotations.takenOver),
  );
  expect(spec.sidecar).toEqual({ name: 'shipper', mode: 'Regular', podDeletionTrigger: 'Never' });
  const found = await getPod(stage, pod.metadata.name);
  expect(found?.metadata.uid).toBe(pod.metadata.uid);
  expect(found?.status?.containerStatuses?.map(({ restartCount }) => restartCount)).toEqual([0, 0]);
  const before = await countedBy(stage, pod.metadata.name);
  await eventually('more lines', async () => (await countedBy(stage, pod.metadata.name)) > before);
  expect(await getObject(stage, 'Job', name)).toBeUndefined();
  await stage.kubectl('delete', 'pod', pod.metadata.name);
  await expectArrived(name, pod.metadata.name);
});

test.concurrent('a Pod that is over is drained', async () => {
  await expectArrived(over.name, over.pod.metadata.name);
});

test.concurrent('a drain that is under way ends as it began', async () => {
  const { name, pod, job } = applied;
  const { status } = await bindingWhere(stage, name, 'its Job', (binding) => {
    return binding.status?.jobUID !== undefined;
  });
  expect(status?.jobUID).toBe(job.metadata.uid);
  await give(stage, 'taken-over');
  await expectArrived(name, pod.metadata.name);
});

test.concurrent('a drain that failed, which was the end of it, is made again', async () => {
  await expectArrived(failed.name, failed.pod.metadata.name);
});

test.concurrent('a claim that has lost its binding gets one, and is drained', async () => {
  await bindingWhere(stage, names.orphan, 'to be there', () => true);
  await stage.kubectl('delete', 'pod', orphan);
  await expectArrived(names.orphan, orphan);
});

test.concurrent(
  'a FluentPVC that leaves out whether Pods are deleted says no, and takes new Pods',
  async () => {
    // It is written once this operator leads, which is all that a start waits for.
    await eventually('it to say no', async () => {
      const found = await stage.client.get<FluentPVC>({ kind: 'FluentPVC', name: FLUENTPVC });
      return found?.spec.deletePodIfSidecarContainerTerminationDetected === false;
    });
    const { metadata } = await stage.client.create(scriptPod(stage, 'new', FLUENTPVC, FEW));
    await expectArrived(metadata.labels?.[labels.binding] ?? '', 'new');
  },
);

test('nothing is left when all Pods are gone, the FluentPVC included', async () => {
  await stage.kubectl('delete', 'pods', '--all');
  await nothingLeft(stage);
  await stage.kubectl('delete', 'fpvc', FLUENTPVC, '--timeout=30s');
});
