import { expect, test } from '@jest/globals';
import { getCondition, isTrue } from '../src/api/condition.ts';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { copyingFluentPVC, drainedLines, expectComplete, scriptPod, writer } from './lines.ts';
import {
  bindingOf,
  getPod,
  nothingLeft,
  openStage,
  PATIENCE_MS,
  runningBinding,
  type Stage,
} from './stage.ts';

/*
 * Pods that go while their containers run. It takes minutes until a kubelet is known to have stopped
 * them, so these have a cluster of their own.
 */

let stage: Stage;

shared(async (parts) => {
  stage = await openStage('e2e-vanished', parts);
  const operator = await stage.startOperator();
  parts.defer(() => operator.stop());
});

test('a force-deleted writer that ignores TERM is stopped before its claim is drained', async () => {
  await stage.kubectl.feed('apply', copyingFluentPVC('stubborn'));
  await stage.kubectl.feed('apply', scriptPod('stubborn', 'stubborn', writer(''), { seconds: 25 }));
  const claim = await runningBinding(stage, 'stubborn');
  await stage.kubectl('delete', 'pod', 'stubborn', '--force', '--grace-period=0');
  await eventually('the writer to be suspected', async () =>
    isTrue((await bindingOf(stage, claim))?.status?.conditions, 'WriterMayBeAlive'),
  );
  await expectComplete(stage, await drainedLines(stage, claim), 'stubborn');
  await nothingLeft(stage);
  expect(await bindingOf(stage, claim)).toBeUndefined();
});

async function strandedWriter(): Promise<void> {
  await stage.kubectl.feed('apply', copyingFluentPVC('stranded'));
  // Nothing stops it when its kubelet is dead: it has written all when the machine counts as off.
  const lines = 'for i in $(seq 200); do echo line $i; done >/buffer/log; sync';
  const script = `${lines}; echo 200 >/tmp/drained/.$HOSTNAME; trap "" TERM; while true; do sleep 1; done`;
  await stage.kubectl.feed('apply', scriptPod('stranded', 'stranded', script));
  const claim = await runningBinding(stage, 'stranded');
  const node = (await getPod(stage, 'stranded'))?.spec.nodeName ?? '';
  await stage.cluster.killComponent('kubelet');
  await stage.kubectl('delete', 'pod', 'stranded', '--wait=false');

  const isSuspected = async (reason: string): Promise<boolean> => {
    const conditions = (await bindingOf(stage, claim))?.status?.conditions;
    const { status, reason: said } = getCondition(conditions, 'WriterMayBeAlive') ?? {};
    if (status === 'True' && said === reason) return true;
    throw new Error(JSON.stringify(conditions));
  };
  await eventually('the node to be found dead', () => isSuspected('NodeNotReady'), PATIENCE_MS);
  expect((await bindingOf(stage, claim))?.status?.phase).toBe('Ready');

  const taint = 'node.kubernetes.io/out-of-service';
  await stage.kubectl('taint', 'nodes', node, `${taint}=nodeshutdown:NoExecute`);
  const over = await eventually(
    'the claim to be out of use',
    async () =>
      getCondition((await bindingOf(stage, claim))?.status?.conditions, 'OutOfUse') ?? undefined,
    PATIENCE_MS,
  );
  expect(over).toMatchObject({ status: 'True', reason: 'NodeOutOfService' });
  expect(await getPod(stage, 'stranded')).toBeUndefined();

  await stage.cluster.restartComponent('kubelet');
  await stage.kubectl('taint', 'nodes', node, `${taint}-`);
  await expectComplete(stage, await drainedLines(stage, claim), 'stranded');
  await nothingLeft(stage);
}

test(
  'a Pod that cannot end on a dead node is waited for until the node is out of service',
  strandedWriter,
  3 * PATIENCE_MS,
);
