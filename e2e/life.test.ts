import { describe, expect, test } from '@jest/globals';
import { isTrue } from '../src/api/condition.ts';
import type { Job } from '../src/api/job.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import { hasEnded } from '../src/api/pod.ts';
import { eventually } from '../test/support/eventually.ts';
import { container } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { deployment, runningPodOf } from './deployment.ts';
import {
  copyingFluentPVC,
  countedBy,
  DRAINED,
  drainedLines,
  expectComplete,
  ONE_LINE,
  scriptPod,
  WAIT,
  writer,
} from './lines.ts';
import type { OperatorProcess } from './operator.ts';
import { awaiting, expectAllDrained, give, given, openScene, type Scene } from './scene.ts';
import { bindingOf, getObject, getPod, nothingLeft, patiently, runningBinding } from './seen.ts';
import { openNamespace, openStage, PATIENCE_MS, type Stage } from './stage.ts';

let stage: Stage;
let operator: OperatorProcess;
/** Its Pod went while no operator ran: it takes minutes until that is known to be over. */
let killed: Scene;

shared(async (parts) => {
  stage = await openStage('e2e-life', parts);
  operator = await stage.startOperator();
  parts.defer(() => operator.stop());
});

describe('on a real node', () => {
  test('while no operator runs labelled Pods are refused, and others start', async () => {
    killed = await openScene(stage, 'killed', { script: writer() });
    await runningBinding(killed, 'killed');
    await operator.kill();
    await killed.kubectl('delete', 'pod', 'killed');
    expect(await getPod(killed, 'killed')).toBeUndefined();

    // Nobody answers: who needs the webhook is refused, everybody else is not.
    await expect(
      killed.client.create(scriptPod(killed, 'refused', 'killed', ONE_LINE)),
    ).rejects.toThrow(
      'failed calling webhook "pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com"',
    );
    await killed.kubectl('run', 'plain', '--image=busybox:stable', '--restart=Never', '--', 'true');
    await eventually(
      'an unlabelled Pod to run',
      async () => {
        const plain = await getPod(killed, 'plain');
        return plain !== undefined && hasEnded(plain);
      },
      PATIENCE_MS,
    );

    operator = await stage.startOperator();
  });

  test.concurrent('what a Pod wrote that went while no operator was there is drained', async () => {
    await expectAllDrained(killed);
  });

  test.concurrent(
    'a Pod whose sidecar fails is replaced, and what it wrote is drained',
    async () => {
      const own = await openNamespace(stage, 'crashing');
      const sidecar = `${awaiting('crash')}; rm ${DRAINED}/crash; exit 1`;
      await own.client.create(copyingFluentPVC('crashing', { sidecar }));
      await own.kubectl.feed('apply', deployment('crashing', writer()));
      const first = await runningPodOf(own, 'crashing');
      // Kubernetes tells seconds: in that of its start the sidecar may have failed before the app began.
      await patiently(own, 'the lines of a second', async () => {
        return (await countedBy(own, first.pod)) > 15;
      });
      await give(own, 'crash');
      const second = await runningPodOf(own, 'crashing', first.pod);
      expect(second.claim).not.toBe(first.claim);
      await expectComplete(own, await drainedLines(own, first.claim), first.pod);
      await own.kubectl('delete', 'deployment', 'crashing');
      await expectComplete(own, await drainedLines(own, second.claim), second.pod);
    },
  );

  test.concurrent(
    'a Job completes although its Pod has a sidecar, and its claim is drained',
    async () => {
      const own = await openNamespace(stage, 'batch');
      // After the app's end nobody minds how the sidecar ends.
      const sidecar = WAIT.replace('exit 0', 'exit 1');
      await own.client.create(copyingFluentPVC('batch', { sidecar }));
      await own.kubectl.feed('apply', {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'batch' },
        spec: {
          template: {
            metadata: { labels: { [labels.fluentPVC]: 'batch' } },
            spec: { restartPolicy: 'Never', containers: [container('app', ONE_LINE)] },
          },
        },
      });
      await eventually(
        'the Job to complete',
        async () => {
          const job = await getObject<Job>(own, 'Job', 'batch');
          return isTrue(job?.status?.conditions as Parameters<typeof isTrue>[0], 'Complete');
        },
        PATIENCE_MS,
      );
      const labelSelector = 'batch.kubernetes.io/job-name=batch';
      const { items } = await own.client.list<KubeObject>('Pod', {
        namespace: 'batch',
        labelSelector,
      });
      const claim = items[0]?.metadata.labels?.[labels.binding] ?? '';
      expect(await drainedLines(own, claim)).toEqual(['line 1']);
      await own.kubectl('delete', 'job', 'batch');
    },
  );

  test.concurrent('a Pod that is over within a second is drained like any other', async () => {
    const short = await openScene(stage, 'short', { script: ONE_LINE });
    expect(await drainedLines(short, short.claim)).toEqual(['line 1']);
  });

  test.concurrent('a claim is drained as its FluentPVC said when the Pod was made', async () => {
    const changed = await openScene(stage, 'changed', { script: writer() });
    await runningBinding(changed, changed.name);
    const mended = copyingFluentPVC('changed', { drain: 'exit 1', pvcVolumeMountPath: '/other' });
    await changed.kubectl.feed('apply', mended);
    await changed.kubectl('delete', 'pod', changed.name);
    await expectAllDrained(changed);
  });

  test.concurrent(
    'a running Pod whose labels are taken off is in use until it is over',
    async () => {
      const bare = await openScene(stage, 'bare', { script: writer('exit 0', given('bare')) });
      await runningBinding(bare, 'bare');
      // With the operator's own account: others are denied.
      await bare.kubectl('label', 'pod', 'bare', `${labels.fluentPVC}-`, `${labels.binding}-`);
      // Another one's whole life goes by meanwhile.
      const other = await bare.client.create(scriptPod(bare, 'other', 'bare', ONE_LINE));
      await drainedLines(bare, other.metadata.labels?.[labels.binding] ?? '');
      const { status } = (await bindingOf(bare, bare.claim)) ?? {};
      expect(status?.phase).toBe('Ready');
      expect(isTrue(status?.conditions, 'WriterMayBeAlive')).toBe(false);
      expect(await getObject(bare, 'Job', bare.claim)).toBeUndefined();
      await give(bare, 'bare');
      await expectAllDrained(bare);
      await bare.kubectl('delete', 'pod', 'bare');
    },
  );

  test('what is written and what ends while the API server is away is drained', async () => {
    const lines = `for i in $(seq 30); do echo line $i >>/buffer/log; echo $i >${DRAINED}/.$HOSTNAME; sleep 0.1; done`;
    const script = `${awaiting('outage')}; ${lines}`;
    const ending = await openScene(stage, 'ending', { script });
    const writing = await openScene(stage, 'writing', { script: writer() });
    for (const scene of [ending, writing]) await runningBinding(scene, scene.name);
    await stage.cluster.killComponent('kube-apiserver');
    await give(stage, 'outage');
    await eventually('its end', async () => (await countedBy(stage, 'ending')) === 30, PATIENCE_MS);
    await stage.cluster.restartComponent('kube-apiserver');
    await expectAllDrained(ending);
    await writing.kubectl('delete', 'pod', 'writing');
    await expectAllDrained(writing);
  });

  test('nothing is left when all Pods are gone', async () => {
    await stage.kubectl('delete', 'pods', '-A', '-l', labels.fluentPVC);
    await nothingLeft(stage);
  });
});
