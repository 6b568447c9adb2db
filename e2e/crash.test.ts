import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labels } from '../src/api/names.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Moment } from '../test/crash/gate.ts';
import { openStand, type Crashing, type Stand } from '../test/crash/stand.ts';
import { pointOf, WRITE_POINTS, type WritePointName } from '../test/crash/write-points.ts';
import { eventually } from '../test/support/eventually.ts';
import { container } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { execIn } from './kubectl.ts';
import { copyingFluentPVC, drainedLines, expectComplete, scriptPod, writer } from './lines.ts';
import { nothingLeft, openStage, PATIENCE_MS, runningBinding, type Stage } from './stage.ts';

/*
 * A few of the write points (test/crash has them all) with Pods that write: whatever the operator was
 * about when it was killed, no line is lost.
 */

let stage: Stage;
let stand: Stand;

shared(async (parts) => {
  stage = await openStage('e2e-crash', parts);
  stand = await openStand({ ...stage.cluster, client: stage.client }, parts);
  await stand.start();
});

/** By the FluentPVC of the Pod whose end it is about. */
const CRASHES = {
  over: ['before', 'the status says OutOfUse'],
  draining: ['after', 'the finalizer Job is created'],
  drained: ['before', 'the status says FinalizerJobSucceeded'],
  released: ['before', 'the claim loses our finalizer'],
  ended: ['after', 'the binding is deleted'],
} as const satisfies Record<string, readonly [Moment, WritePointName]>;

/** Of what is called after that FluentPVC. */
function crashAt(fluentPVC: string, moment: Moment, point: WritePointName): Crashing {
  return stand.crashAt({
    moment,
    matches: (write) => write.name.startsWith(`${fluentPVC}-`) && WRITE_POINTS[point].is(write),
  });
}

/** Somebody makes a file in the Pod's volume. */
async function touch(pod: string, file: string): Promise<void> {
  const app = { pod, container: 'app' };
  await execIn(stage.kubectl, app, 'cp', '/etc/passwd', `/buffer/${file}`);
}

/** Waits until a Pod has something to lose. */
async function hasWritten(pod: string): Promise<void> {
  const count = join(stage.drained, `.${pod}`);
  await eventually('two lines', async () => Number(await readFile(count, 'utf8')) > 1, PATIENCE_MS);
}

/** A Pod that writes until there is a file "stop", and stays when it has ended. */
async function writingPod(fluentPVC: string): Promise<Drained> {
  await stage.kubectl.feed('apply', copyingFluentPVC(fluentPVC));
  const pod = `${fluentPVC}-pod`;
  const script = writer().replace('while true', 'until [ -e /buffer/stop ]');
  await stage.kubectl.feed('apply', scriptPod(pod, fluentPVC, script));
  const claim = await runningBinding(stage, pod);
  await hasWritten(pod);
  return { pod, claim };
}

/** A Pod that has written, and the claim that it wrote to. */
interface Drained {
  pod: string;
  claim: string;
}

async function expectDrained({ pod, claim }: Drained): Promise<void> {
  await expectComplete(stage, await drainedLines(stage, claim), pod);
}

test('killed when it has seen a Pod, and at the end of each', async () => {
  const crash = crashAt('seen', 'after', 'the binding learns Pod and claim');
  const seen = await writingPod('seen');
  await crash.survived();
  const pods = Object.keys(CRASHES).map(writingPod);
  const drained = [seen, ...(await Promise.all(pods))];
  await touch(seen.pod, 'stop');
  for (const [fluentPVC, [moment, point]] of Object.entries(CRASHES)) {
    const next = crashAt(fluentPVC, moment, point);
    await touch(`${fluentPVC}-pod`, 'stop');
    await next.survived(PATIENCE_MS);
  }
  for (const one of drained) await expectDrained(one);
  await stage.kubectl('delete', 'pods', '--all');
  await nothingLeft(stage);
});

/** The Pod of the Deployment "evicted", and not that one. */
async function deployedPod(not?: string): Promise<Drained> {
  const found = await eventually(
    'a Pod to run',
    async () => {
      const list = { namespace: 'default', labelSelector: 'app=evicted' };
      const { items } = await stage.client.list<Pod>('Pod', list);
      return items.find(
        ({ metadata, status }) => metadata.name !== not && status?.phase === 'Running',
      );
    },
    PATIENCE_MS,
  );
  const { name, labels: own } = found.metadata;
  await hasWritten(name);
  return { pod: name, claim: own?.[labels.binding] ?? '' };
}

test('killed when it has evicted a Pod', async () => {
  const sidecar = 'until [ -s /buffer/crash ]; do sleep 0.5; done; exit 1';
  await stage.kubectl.feed('apply', copyingFluentPVC('evicted', { sidecar }));
  // It ends when the operator is there again: one that vanishes meanwhile is waited for.
  const containers = [container('app', writer('sleep 15; exit 0'))];
  await stage.kubectl.feed('apply', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'evicted' },
    spec: {
      selector: { matchLabels: { app: 'evicted' } },
      template: {
        metadata: { labels: { app: 'evicted', [labels.fluentPVC]: 'evicted' } },
        spec: { terminationGracePeriodSeconds: 30, containers },
      },
    },
  });
  const first = await deployedPod();
  const crash = crashAt('evicted', 'after', 'the Pod is evicted');
  await touch(first.pod, 'crash');
  await crash.survived(PATIENCE_MS);
  const second = await deployedPod(first.pod);
  await stage.kubectl('delete', 'deployments', '--all');
  await expectDrained(first);
  await expectDrained(second);
  await nothingLeft(stage);
});

test('all that it wrote is in the table', () => {
  // Throws for a write that is not.
  expect(new Set(stand.gate.written.map(pointOf))).toContain('the Pod is evicted');
});
