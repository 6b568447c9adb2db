import { expect, test } from '@jest/globals';
import { isTrue } from '../src/api/condition.ts';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { copyingFluentPVC, drainedLines, expectComplete, scriptPod, writer } from './lines.ts';
import { bindingOf, nothingLeft, openStage, runningBinding, type Stage } from './stage.ts';

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
