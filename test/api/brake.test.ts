import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import type { Pod, PodStatus } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { exited, ref, RUNNING, runningPod, say, status, type Cycle } from './cycle.ts';
import { openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts, ['--eviction-timeout=3s']);
});

/** A Pod whose sidecar has failed; what a disruption budget asks about is said as well. */
function failed(ready: boolean): PodStatus {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return { ...status('Running', RUNNING, exited(1)), conditions };
}

async function isThere({ pod }: Cycle): Promise<boolean> {
  const found = await api.client.get<Pod>(ref(api, 'Pod', pod.metadata.name));
  return found !== undefined && found.metadata.deletionTimestamp === undefined;
}

/** Notes of the Events of that reason about that object. */
async function notes(namespace: string, name: string, reason: string): Promise<string[]> {
  const { items } = await api.client.list<KubeObject>('Event', { namespace });
  return items.flatMap((item) => {
    const event = item as KubeObject & Record<'reason' | 'note', string> & { regarding: unknown };
    const { name: regarded } = event.regarding as { name: string };
    return event.reason === reason && regarded === name ? [event.note] : [];
  });
}

/** A budget that wants one Pod of that label to be Ready, and has been seen by its controller. */
async function budget(name: string, app: string): Promise<void> {
  await api.kubectl('create', 'pdb', name, `--selector=app=${app}`, '--min-available=1');
  const path = `/apis/policy/v1/namespaces/${api.namespace}/poddisruptionbudgets/${name}`;
  await eventually(`the budget ${name} to be in force`, async () => {
    const { status } = await api.http.ask<{
      status: { observedGeneration?: number; expectedPods?: number };
    }>({ method: 'GET', path });
    return status.observedGeneration === 1 && status.expectedPods === 1;
  });
}

test('where a whole fleet fails the brake goes on: who is left waits, and all is told', async () => {
  await api.client.create(fluentPVC('broken'));
  const cycles = await Promise.all(Array.from({ length: 6 }, () => runningPod(api, 'broken')));
  for (const { pod } of cycles) await say(api, pod, failed(false));

  const [note] = await eventually('the Event on the FluentPVC', async () => {
    const found = await notes('default', 'broken', 'BrakeEngaged');
    return found.length > 0 ? found : undefined;
  });
  expect(note).toMatch(/^The sidecars of [56] of up to 6 Pods failed/);
  // Four may go before the fifth is seen to fail; where all are seen at once, none does.
  const waiting = await eventually('all that are left to say that they wait', async () => {
    const there = await Promise.all(cycles.map(isThere));
    const left = cycles.filter((_, index) => there[index]);
    const told = await Promise.all(
      left.map(({ pod }) => notes(api.namespace, pod.metadata.name, 'DeletionWaits')),
    );
    return told.every(({ length }) => length === 1) ? left : undefined;
  });
  expect(waiting.length).toBeGreaterThanOrEqual(2);
  expect(await Promise.all(waiting.map(isThere))).toEqual(waiting.map(() => true));
});

describe('a Pod whose sidecar failed and that a disruption budget holds', () => {
  const held = async (app: string, ready: boolean, budgets: string[]): Promise<Cycle> => {
    await api.client.create(fluentPVC(app));
    const cycle = await runningPod(api, app);
    const body = { metadata: { labels: { app } } };
    await api.client.patch(ref(api, 'Pod', cycle.pod.metadata.name), { type: 'merge', body });
    for (const name of budgets) await budget(name, app);
    await say(api, cycle.pod, failed(ready));
    return cycle;
  };
  const refusal = ({ pod }: Cycle): Promise<string> =>
    eventually('the Event on the Pod', async () => {
      const [note] = await notes(api.namespace, pod.metadata.name, 'EvictionRefused');
      return note;
    });

  test('stays while it is Ready, and goes when the budget does', async () => {
    const cycle = await held('ready', true, ['one']);
    expect(await refusal(cycle)).toContain('The disruption budget one needs 1 healthy pods');
    expect(await isThere(cycle)).toBe(true);
    await api.kubectl('delete', 'pdb', 'one');
    await eventually('the Pod to go', async () => !(await isThere(cycle)), 30_000);
  });
  test.each([
    ['is deleted after the eviction timeout when it is not Ready', ['two']],
    ['is deleted then, too, when the API refuses several budgets', ['three', 'four']],
  ])('%s', async (_, budgets) => {
    const cycle = await held(`app-${budgets.length}`, false, budgets);
    await refusal(cycle);
    await eventually('the Pod to go', async () => !(await isThere(cycle)), 30_000);
    const told = await eventually('that to be told', async () => {
      const found = await notes(api.namespace, cycle.pod.metadata.name, 'SidecarFailed');
      return found.length > 0 ? found : undefined;
    });
    expect(told).toHaveLength(1);
  });
});
