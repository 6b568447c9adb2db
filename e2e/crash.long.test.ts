import { expect, test } from '@jest/globals';
import type { Moment } from '../test/crash/gate.ts';
import { openStand, type Crashing, type Stand } from '../test/crash/stand.ts';
import { pointOf, WRITE_POINTS, type WritePointName } from '../test/crash/write-points.ts';
import { shared } from '../test/support/shared.ts';
import { deployment, runningPodOf } from './deployment.ts';
import { execIn } from './kubectl.ts';
import {
  copyingFluentPVC,
  drainedLines,
  expectComplete,
  hasWritten,
  scriptPod,
  writer,
} from './lines.ts';
import { nothingLeft, runningBinding } from './seen.ts';
import { openStage, PATIENCE_MS, type Stage } from './stage.ts';

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

/** A Pod that writes until there is a file "stop", and stays when it has ended. */
async function writingPod(fluentPVC: string): Promise<Drained> {
  await stage.kubectl.feed('apply', copyingFluentPVC(fluentPVC));
  const pod = `${fluentPVC}-pod`;
  const script = writer('exit 0', '[ -e /buffer/stop ]');
  await stage.kubectl.feed('apply', scriptPod(stage, pod, fluentPVC, script));
  const claim = await runningBinding(stage, pod);
  await hasWritten(stage, pod);
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
  const found = await runningPodOf(stage, 'evicted', not);
  await hasWritten(stage, found.pod);
  return found;
}

test('killed when it has evicted a Pod', async () => {
  const sidecar = 'until [ -s /buffer/crash ]; do sleep 0.5; done; exit 1';
  await stage.kubectl.feed('apply', copyingFluentPVC('evicted', { sidecar }));
  // It ends when the operator is there again: one that vanishes meanwhile is waited for.
  const pod = { terminationGracePeriodSeconds: 30 };
  const app = deployment('evicted', writer('sleep 15; exit 0'), pod);
  await stage.kubectl.feed('apply', app);
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
