import { expect, test } from '@jest/globals';
import { getCondition } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import type { JsonObject } from '../src/api/object.ts';
import { delay, systemClock } from '../src/clock.ts';
import { shared } from '../test/support/shared.ts';
import { DRAINED } from './lines.ts';
import type { OperatorProcess } from './operator.ts';
import { expectAllDrained, openScene, type Scene } from './scene.ts';
import {
  bindingWhere,
  conditionOf,
  getObject,
  getPod,
  nothingLeft,
  runningBinding,
} from './seen.ts';
import { openStage, PATIENCE_MS, type Stage } from './stage.ts';

/*
 * A node whose kubelet is dead, and Pods that go while their containers run on it.
 */

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

let stage: Stage;
let operator: OperatorProcess;

shared(async (parts) => {
  stage = await openStage('e2e-vanished', parts);
  operator = await stage.startOperator();
  parts.defer(() => operator.stop());
});

/**
 * A Pod that runs, and has written all that it will: nothing stops it when its kubelet is dead, and
 * its machine counts as off in the end.
 */
async function stranded(name: string, tolerations: JsonObject[] = []): Promise<Scene> {
  const lines = 'for i in $(seq 200); do echo line $i; done >/buffer/log; sync';
  const script = `${lines}; echo 200 >${DRAINED}/.$HOSTNAME; trap "" TERM; while true; do sleep 1; done`;
  const scene = await openScene(stage, name, { script, pod: { tolerations } });
  await runningBinding(scene, name);
  return scene;
}

/** Why the Pod's end is known, as soon as it is. */
async function endOf({ claim, ...scene }: Scene): Promise<string> {
  const { status } = await bindingWhere(
    scene,
    claim,
    'to be out of use',
    ({ status }) => getCondition(status?.conditions, 'OutOfUse')?.status === 'True',
  );
  return getCondition(status?.conditions, 'OutOfUse')?.reason ?? '';
}

/** Shorter than any writer that vanished is waited for, longer than a crash takes to be made good. */
const LIFE_MS = 30_000;

test(
  'an operator that is killed again and again goes on with the wait for a writer',
  async () => {
    const scene = await stranded('again');
    await scene.kubectl('delete', 'pod', 'again', '--force', '--grace-period=0');
    await conditionOf(scene, scene.claim, 'WriterMayBeAlive', () => true);
    const over = new AbortController();
    const known = endOf(scene).finally(() => {
      over.abort();
    });
    // It fails by itself, should the operator not come back.
    known.catch(() => undefined);
    let kills = 0;
    for (;;) {
      await delay(systemClock, LIFE_MS, over.signal);
      if (over.signal.aborted) break;
      await operator.kill();
      operator = await stage.startOperator();
      kills += 1;
    }
    expect(await known).toBe('KubeletAlive');
    // The wait did outlast several lives.
    expect(kills).toBeGreaterThan(2);
    await expectAllDrained(scene);
  },
  2 * PATIENCE_MS,
);

async function outage(): Promise<void> {
  const stuck = await stranded('stuck');
  const forced = await stranded('forced');
  const collected = await stranded('collected', [{ key: OUT_OF_SERVICE, operator: 'Exists' }]);
  const node = (await getPod(stuck, 'stuck'))?.spec.nodeName ?? '';

  await stage.cluster.killComponent('kubelet');
  await stuck.kubectl('delete', 'pod', 'stuck', '--wait=false');
  await forced.kubectl('delete', 'pod', 'forced', '--force', '--grace-period=0');
  for (const { claim, ...scene } of [stuck, forced]) {
    const dead = await conditionOf(
      scene,
      claim,
      'WriterMayBeAlive',
      ({ reason }) => reason === 'NodeNotReady',
    );
    expect(dead.message).toContain(`"${node}"`);
    expect((await bindingWhere(scene, claim, 'a phase', () => true)).status?.phase).toBe('Ready');
  }

  await stage.kubectl('taint', 'nodes', node, `${OUT_OF_SERVICE}=nodeshutdown:NoExecute`);
  expect(await endOf(stuck)).toBe('NodeOutOfService');
  expect(await endOf(forced)).toBe('NodeOutOfService');
  expect(await getPod(stuck, 'stuck')).toBeUndefined();

  // The garbage collector of Pods takes who is left when the Node is gone.
  expect(await getObject(collected, 'Job', collected.claim)).toBeUndefined();
  await stage.kubectl('delete', 'node', node);
  expect(await endOf(collected)).toBe('NodeGone');
  expect(await getPod(collected, 'collected')).toBeUndefined();

  await stage.cluster.restartComponent('kubelet');
  for (const scene of [stuck, forced, collected]) await expectAllDrained(scene);
}

test(
  'Pods on a dead node are waited for until it is out of service, or gone',
  outage,
  3 * PATIENCE_MS,
);

test('nothing is left when all Pods are gone', async () => {
  await stage.kubectl('delete', 'pods', '-A', '-l', labels.fluentPVC);
  await nothingLeft(stage);
});
