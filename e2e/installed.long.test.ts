import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTrue } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import { systemClock } from '../src/clock.ts';
import { eventually } from '../test/support/eventually.ts';
import { labelledPod } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { manifests } from './demo/objects.ts';
import { playReal } from './demo/scenario.ts';
import { faultsOf } from './demo/tally.ts';
import {
  installOperator,
  killContainers,
  OPERATOR_NAMESPACE,
  RELEASE,
  type Installed,
} from './installed.ts';
import { startCertManager } from './cert-manager.ts';
import { tested, uninstalled } from './helm.scenes.ts';
import { copyingFluentPVC, drainedLines, scriptPod } from './lines.ts';
import { observe } from './observer.ts';
import { bindingOf, nothingLeft, runningBinding } from './seen.ts';
import { openStage, PATIENCE_MS, type Stage } from './stage.ts';
import { askSteadily, type Steady } from './steady.ts';
import { unboundPods } from './unbound.ts';

/*
 * As users have it: the image of the Dockerfile, in Pods of the chart, behind a Service, two replicas of
 * each process, with no more rights than the chart gives.
 */

const CREATES_PER_SECOND = 20;
/** From the death of who led until another one has gone on. */
const FAILOVER_MS = 15_000;

/** Two cores take a while to let so many claims go. */
const RELEASE_MS_EACH = 500;
let stage: Stage;
let installed: Installed;

shared(
  async (parts) => {
    stage = await openStage('e2e-installed', parts);
    installed = await installOperator(stage);
  },
  async () => {
    await stage.kubectl('delete', 'deployments,jobs,pods', '--all');
    await nothingLeft(stage);
  },
);

/** Labelled Pods by dry runs, at a steady rate. */
function createSteadily(fluentPVCName: string): Steady {
  const pod = labelledPod({ namespace: 'default' }, fluentPVCName);
  return askSteadily(CREATES_PER_SECOND, () => stage.client.create(pod, { dryRun: true }));
}

/** When the certificate of each replica of the webhook ends, as its metrics say. */
async function expiries(): Promise<number[]> {
  const pods = await installed.pods('webhook');
  return Promise.all(
    pods.map(async ({ metadata }) => {
      const path = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods/${metadata.name}:8080/proxy/metrics`;
      const text = await stage.kubectl('get', '--raw', path);
      const found = /^fluent_pvc_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)?.[1];
      if (found === undefined)
        throw new Error(`${metadata.name} does not say when its certificate ends`);
      return Number(found);
    }),
  );
}

async function renewedInEveryReplica(before: readonly number[]): Promise<void> {
  await eventually(
    'the renewed certificate in every replica',
    async () => (await expiries()).every((one) => !before.includes(one)),
    PATIENCE_MS,
  );
}

describe('the operator in the cluster', () => {
  tested(() => installed);

  test('does the main job, and every line arrives', async () => {
    await using parts = new AsyncDisposableStack();
    const watching = new AbortController();
    parts.defer(() => {
      watching.abort();
    });
    const { client, kubectl } = stage;
    const observer = await observe({ client, clock: systemClock }, watching.signal);
    const { signal } = watching;
    const tally = await playReal(
      { client, kubectl, observer, act: () => undefined, signal },
      { finalizerCommand: undefined },
    );
    expect(faultsOf(tally)).toEqual([]);
    expect(tally.written).toBeGreaterThan(70);
    await kubectl('delete', '-f', manifests.backend, '-f', manifests.app);
  });

  test('refuses no Pod while the replicas of the webhook are replaced', async () => {
    const create = await unboundPods(stage, 'restarting');
    const before = (await installed.pods('webhook')).map(({ metadata }) => metadata.uid);
    const load = askSteadily(CREATES_PER_SECOND, create);
    await eventually('some requests', () => load.asked > 20);
    const deployment = `deployment/${RELEASE}-webhook`;
    await stage.kubectl('rollout', 'restart', deployment, '-n', OPERATOR_NAMESPACE);
    await stage.kubectl('rollout', 'status', deployment, '-n', OPERATOR_NAMESPACE);
    await eventually(
      'the former replicas to go',
      async () =>
        (await installed.pods('webhook')).every(({ metadata }) => !before.includes(metadata.uid)),
      PATIENCE_MS,
    );
    const { asked, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    const { items } = await stage.client.list('FluentPVCBinding', { namespace: 'default' });
    expect(items).toHaveLength(asked);
    await stage.kubectl('delete', 'pods', '-l', `${labels.fluentPVC}=restarting`, '--wait=false');
    await nothingLeft(stage, PATIENCE_MS + asked * RELEASE_MS_EACH);
  });

  test('goes on with a drain within 15 s when who leads is killed', async () => {
    const drain = 'until [ -e /tmp/drained/go ]; do sleep 0.1; done';
    const copy = 'cat /buffer/log >"/tmp/drained/${HOSTNAME%-*}"; sync';
    await stage.kubectl.feed(
      'apply',
      copyingFluentPVC('failing-over', { drain: `${drain}; ${copy}` }),
    );
    const script = 'echo line 1 >/buffer/log; sync; sleep 2';
    await stage.kubectl.feed('create', scriptPod(stage, 'one', 'failing-over', script));
    const claim = await runningBinding(stage, 'one');
    await eventually(
      'the drain to be under way',
      async () =>
        isTrue((await bindingOf(stage, claim))?.status?.conditions, 'FinalizerJobApplied'),
      PATIENCE_MS,
    );
    const leader = await installed.leader();
    const dying = (await installed.pods('controllers')).find(
      ({ metadata }) => metadata.name === leader,
    );
    if (dying === undefined) throw new Error(`the leader ${leader} is none of the Pods`);
    const killedAt = performance.now();
    await killContainers(dying);
    // Nobody leads when the Job ends.
    await writeFile(join(stage.drained, 'go'), '');
    await eventually(
      'the drain to go on',
      async () => {
        const found = await bindingOf(stage, claim);
        return found === undefined || isTrue(found.status?.conditions, 'FinalizerJobSucceeded');
      },
      PATIENCE_MS,
    );
    expect(performance.now() - killedAt).toBeLessThan(FAILOVER_MS);
    expect(await drainedLines(stage, claim)).toEqual(['line 1']);
  });

  test('renews its own certificate without refusing a Pod', async () => {
    await stage.kubectl.feed('apply', copyingFluentPVC('certified'));
    const before = await expiries();
    const load = createSteadily('certified');
    await eventually('some requests', () => load.asked > CREATES_PER_SECOND);
    const secret = ['secret', `${RELEASE}-webhook-certificate`, '-n', OPERATOR_NAMESPACE];
    await stage.kubectl('delete', ...secret);
    await renewedInEveryReplica(before);
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
  });

  test('takes a certificate of cert-manager, and its renewal, without refusing a Pod', async () => {
    await using parts = new AsyncDisposableStack();
    await startCertManager(stage, parts);
    const ways = 'certificate.selfManaged.enabled=false,certificate.certManager.enabled=true';
    await installed.upgrade(`--set=${ways}`);
    await stage.kubectl.feed('apply', copyingFluentPVC('certified'));
    const pod = labelledPod({ namespace: 'default' }, 'certified');
    await eventually(
      'an admission by the new certificate',
      () => stage.client.create(pod, { dryRun: true }),
      PATIENCE_MS,
    );
    const before = await expiries();
    const load = createSteadily('certified');
    // What `cmctl renew` does.
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'renewed by hand',
      lastTransitionTime: new Date().toISOString(),
    };
    await stage.kubectl(
      ...['patch', 'certificate', `${RELEASE}-webhook`, '-n', OPERATOR_NAMESPACE],
      ...['--subresource=status', '--type=merge'],
      `--patch=${JSON.stringify({ status: { conditions: [issuing] } })}`,
    );
    await renewedInEveryReplica(before);
    const { asked, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(CREATES_PER_SECOND);
  });

  uninstalled(
    () => stage,
    () => installed,
  );
});
