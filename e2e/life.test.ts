import { describe, expect, test } from '@jest/globals';
import { createJobObserver } from '../controllers/binding/drain/drain-observer.ts';
import { IDLE_MS } from '../controllers/binding/drain/stalled-drain.ts';
import { isTrue } from '../src/api/condition.ts';
import type { Job } from '../src/api/job.ts';
import { DRAINED, finalizers, labels } from '../src/api/names.ts';
import { createdAt, type KubeObject, type Stored } from '../src/api/object.ts';
import { hasEnded, type Pod, type Volume } from '../src/api/pod.ts';
import { eventually } from '../test/support/eventually.ts';
import { container } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { execIn } from './kubectl.ts';
import { copyingFluentPVC, drainedLines, expectComplete, scriptPod, writer } from './lines.ts';
import type { OperatorProcess } from './operator.ts';
import {
  bindingOf,
  getPod,
  nothingLeft,
  openStage,
  PATIENCE_MS,
  runningBinding,
  type Stage,
} from './stage.ts';

let stage: Stage;
let operator: OperatorProcess;

shared(
  async (parts) => {
    stage = await openStage('e2e-life', parts);
    operator = await stage.startOperator();
    parts.defer(() => operator.stop());
  },
  async () => {
    await stage.kubectl('delete', 'deployments,jobs,pods', '--all');
    await nothingLeft(stage);
  },
);

async function applied(object: KubeObject): Promise<void> {
  await stage.kubectl.feed('apply', object);
}

async function podsOf(labelSelector: string): Promise<Stored<Pod>[]> {
  return (await stage.client.list<Pod>('Pod', { namespace: 'default', labelSelector })).items;
}

function getJob(name: string): Promise<Stored<Job> | undefined> {
  return stage.client.get<Job>({ kind: 'Job', namespace: 'default', name });
}

describe('on a real node', () => {
  test('a Pod whose sidecar fails is replaced, and what it wrote is drained', async () => {
    await applied(
      copyingFluentPVC('crashing', {
        sidecar: 'until [ -s /buffer/crash ]; do sleep 0.2; done; exit 1',
      }),
    );
    await applied({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'app', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'app' } },
        template: {
          metadata: { labels: { app: 'app', [labels.fluentPVC]: 'crashing' } },
          spec: { terminationGracePeriodSeconds: 2, containers: [container('app', writer())] },
        },
      },
    } as KubeObject);
    const firstPod = await eventually(
      'the first Pod to run',
      async () => (await podsOf('app=app')).find(({ status }) => status?.phase === 'Running'),
      PATIENCE_MS,
    );
    const first = firstPod.metadata.labels?.[labels.binding] ?? '';
    const app = { pod: firstPod.metadata.name, container: 'app' };
    await execIn(stage.kubectl, app, 'cp', '/etc/passwd', '/buffer/crash');

    const second = await eventually(
      'a replacement with a claim of its own',
      async () => {
        const pods = await podsOf('app=app');
        const other = pods.find(({ metadata }) => metadata.uid !== firstPod.metadata.uid);
        return other?.metadata.labels?.[labels.binding];
      },
      PATIENCE_MS,
    );
    expect(second).not.toBe(first);
    await expectComplete(stage, await drainedLines(stage, first), firstPod.metadata.name);
  });

  test('a Job completes although its Pod has a sidecar, and its claim is drained', async () => {
    await applied(copyingFluentPVC('batch'));
    await applied({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'batch', namespace: 'default' },
      spec: {
        template: {
          metadata: { labels: { [labels.fluentPVC]: 'batch' } },
          spec: {
            restartPolicy: 'Never',
            containers: [container('app', 'echo line 1 >>/buffer/log')],
          },
        },
      },
    } as KubeObject);
    const ended = await eventually(
      'the Job to complete',
      async () => {
        const job = await getJob('batch');
        return isTrue(job?.status?.conditions as Parameters<typeof isTrue>[0], 'Complete')
          ? job
          : undefined;
      },
      PATIENCE_MS,
    );
    const [jobPod] = await podsOf(`batch.kubernetes.io/controller-uid=${ended.metadata.uid}`);
    const claim = jobPod?.metadata.labels?.[labels.binding] ?? '';
    expect(await drainedLines(stage, claim)).toEqual(['line 1']);
  });

  test('a Pod that is over within a second is drained like any other', async () => {
    await applied(copyingFluentPVC('short'));
    await applied(scriptPod('short', 'short', 'echo line 1 >>/buffer/log'));
    const claim = (await getPod(stage, 'short'))?.metadata.labels?.[labels.binding] ?? '';
    expect(await drainedLines(stage, claim)).toEqual(['line 1']);
  });

  test('a failed drain is told, kept and tried again', async () => {
    const once =
      '[ -e /buffer/tried ] || { touch /buffer/tried; echo "not yet" >/dev/termination-log; exit 3; }';
    await applied(
      copyingFluentPVC('retried', {
        drain: `${once}; cat /buffer/log >"/tmp/drained/\${HOSTNAME%-*}"`,
      }),
    );
    await applied(scriptPod('retried', 'retried', 'echo line 1 >>/buffer/log'));
    const claim = (await getPod(stage, 'retried'))?.metadata.labels?.[labels.binding] ?? '';
    const failed = await eventually(
      'the failure to be told',
      async () => {
        const binding = await bindingOf(stage, claim);
        return isTrue(binding?.status?.conditions, 'FinalizerJobFailed') ? binding : undefined;
      },
      PATIENCE_MS,
    );
    const condition = failed.status?.conditions?.find(({ type }) => type === 'FinalizerJobFailed');
    expect(condition?.message).toContain('exited with 3 (Error): not yet');
    expect(failed.status).toMatchObject({ phase: 'FinalizerJobFailed', attempts: 1 });
    expect(await drainedLines(stage, claim)).toEqual(['line 1']);
  });

  test('a drain that lacks a Secret says which one, and goes on when it is there', async () => {
    const lacking = copyingFluentPVC('lacking');
    const { spec } = lacking.spec.pvcFinalizerJobSpecTemplate.template;
    spec.volumes = [{ name: 'login', secret: { secretName: 'uninstalled' } } as Volume];
    for (const drain of spec.containers) drain.volumeMounts = [{ name: 'login', mountPath: '/l' }];
    await applied(lacking);
    await applied(scriptPod('lacking', 'lacking', 'echo line 1 >>/buffer/log'));
    const claim = (await getPod(stage, 'lacking'))?.metadata.labels?.[labels.binding] ?? '';
    // As the operator does when the Job has been idle for two minutes.
    const look = createJobObserver(stage.client);
    await eventually(
      'the Secret to be missed',
      async () => {
        const binding = await bindingOf(stage, claim);
        const job = await getJob(claim);
        if (binding === undefined || job === undefined) return false;
        const pods = await podsOf(`${labels.finalizerJobOf}=${claim}`);
        const { signal } = new AbortController();
        const { idle } = await look(binding, job, pods, createdAt(job) + IDLE_MS, signal);
        const why = idle?.why ?? 'nothing';
        if (!why.includes('secret "uninstalled" not found')) throw new Error(why);
        return true;
      },
      PATIENCE_MS,
    );
    await stage.kubectl('create', 'secret', 'generic', 'uninstalled');
    expect(await drainedLines(stage, claim)).toEqual(['line 1']);
  });

  test('a drained claim that is to be retained stays, and is nobody else’s', async () => {
    const retained = copyingFluentPVC('retained');
    retained.spec.finalization = { onSuccess: 'Retain' };
    await applied(retained);
    await applied(scriptPod('retained', 'retained', 'echo line 1 >>/buffer/log'));
    const claim = (await getPod(stage, 'retained'))?.metadata.labels?.[labels.binding] ?? '';
    expect(await drainedLines(stage, claim)).toEqual(['line 1']);
    await stage.kubectl('delete', 'pod', 'retained');
    const ref = { kind: 'PersistentVolumeClaim', namespace: 'default', name: claim } as const;
    const { metadata } = (await stage.client.get(ref)) ?? {};
    expect(metadata?.labels).toMatchObject({ [labels.state]: DRAINED });
    expect(metadata?.finalizers).toEqual([finalizers.claimInUse]);
    expect(metadata).not.toHaveProperty('deletionTimestamp');
    await stage.kubectl('delete', 'pvc', claim);
  });

  test('an operator that was killed goes on where it was', async () => {
    await applied(copyingFluentPVC('killed'));
    await applied(scriptPod('killed', 'killed', writer()));
    const claim = await runningBinding(stage, 'killed');
    await operator.kill();
    await stage.kubectl('delete', 'pod', 'killed');
    expect(await getPod(stage, 'killed')).toBeUndefined();

    // Nobody answers: who needs the webhook is refused, everybody else is not.
    await expect(
      stage.kubectl.feed('create', scriptPod('refused', 'killed', writer())),
    ).rejects.toThrow(
      'failed calling webhook "pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com"',
    );
    await stage.kubectl('run', 'plain', '--image=busybox:stable', '--restart=Never', '--', 'true');
    await eventually(
      'an unlabelled Pod to run',
      async () => {
        const plain = await getPod(stage, 'plain');
        return plain !== undefined && hasEnded(plain);
      },
      PATIENCE_MS,
    );

    operator = await stage.startOperator();
    await expectComplete(stage, await drainedLines(stage, claim), 'killed');
  });
});
