import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTrue } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { played } from './demo/demo.scenes.ts';
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
import { bindingOf, cleared, nothingLeft, runningBinding } from './seen.ts';
import { BY_CERT_MANAGER, replaced, trusted } from './serving-certificate.ts';
import { openStage, PATIENCE_MS, type Stage } from './stage.ts';
import { askSteadily } from './steady.ts';
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
  () => cleared(stage),
);

describe('the operator in the cluster', () => {
  tested(() => installed);

  played(() => stage);

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
    const secret = ['secret', `${RELEASE}-webhook-certificate`, '-n', OPERATOR_NAMESPACE];
    await replaced(stage, installed, () => stage.kubectl('delete', ...secret));
  });

  test('goes over to cert-manager, and back without refusing a Pod', async () => {
    await using parts = new AsyncDisposableStack();
    await startCertManager(stage, parts);
    await installed.upgrade(BY_CERT_MANAGER);
    await trusted(stage);
    await replaced(stage, installed, () => installed.upgrade());
  });

  test('serves from the network of its node', async () => {
    const { kubectl } = stage;
    const enforce = (standard: string): Promise<string> =>
      kubectl(
        ...['label', '--overwrite', 'namespace', OPERATOR_NAMESPACE],
        `pod-security.kubernetes.io/enforce=${standard}`,
      );
    const addresses = 'jsonpath={range .items[*]}{.status.podIP} {.status.hostIP};{end}';
    await using former = new AsyncDisposableStack();
    former.defer(async () => {
      await enforce('restricted');
    });
    await enforce('privileged');
    former.defer(() => installed.upgrade());
    // One replica: a node has each port once.
    const values = 'webhook.hostNetwork=true,webhook.port=10443,webhook.replicas=1';
    await installed.upgrade(`--set=${values}`);
    const serving = ['pods', '-l', 'app.kubernetes.io/component=webhook', '-n', OPERATOR_NAMESPACE];
    await eventually(
      'one Pod with the address of the node, and no other',
      async () => /^(\S+) \1;$/.test(await kubectl('get', ...serving, '-o', addresses)),
      PATIENCE_MS,
    );
    await trusted(stage);
  });

  uninstalled(
    () => stage,
    () => installed,
  );
});
