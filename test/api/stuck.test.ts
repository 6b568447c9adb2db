import { expect, test } from '@jest/globals';
import { getCondition, isTrue } from '../../src/api/condition.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { jobFor, ref, RUNNING, say, status } from './cycle.ts';
import { bindingNameOf, bindingWhere, openApiWithOperator, type Api } from './harness.ts';

/* A node that is dead: the API server has its object, and no kubelet ever says anything. */

const NODE = 'dead';
/** A Pod is stuck 30 s after it should have ended; its node is looked at every 30 s. */
const PATIENCE_MS = 90_000;

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC('stuck'));
  await api.kubectl.feed('create', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
  parts.defer(async () => {
    await api.kubectl('delete', 'node', NODE);
  });
});

test(
  'a Pod that cannot end on a dead node is waited for, which is told, until its node is out of service',
  async () => {
    const pod = await api.client.create(labelledPod(api, 'stuck', { nodeName: NODE }));
    await say(api, pod, status('Running', RUNNING, RUNNING));
    const binding = bindingNameOf(pod);
    await bindingWhere(api, binding, 'Ready', ({ status }) => status?.nodeName === NODE);
    const { name } = pod.metadata;
    await api.kubectl('delete', 'pod', name, '--grace-period=1', '--wait=false');

    const stuck = await eventually(
      'the writer to be suspected',
      () =>
        bindingWhere(api, binding, 'WriterMayBeAlive', ({ status }) =>
          isTrue(status?.conditions, 'WriterMayBeAlive'),
        ),
      PATIENCE_MS,
    );
    const condition = getCondition(stuck.status?.conditions, 'WriterMayBeAlive');
    expect(condition).toMatchObject({ reason: 'NodeNotReady' });
    expect(condition?.message).toContain(`node "${NODE}" is not Ready`);
    expect(stuck.status?.phase).toBe('Ready');
    expect(await api.client.get(ref(api, 'Pod', name))).toBeDefined();
    const { items } = await api.client.list<KubeObject & { note?: string }>('Event', {
      namespace: api.namespace,
      fieldSelector: `regarding.uid=${stuck.metadata.uid},reason=WriterMayBeAlive`,
    });
    expect(items).toMatchObject([{ note: condition?.message }]);

    const taint = 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute';
    await api.kubectl('taint', 'nodes', NODE, taint);
    // What the garbage collection of Pods does then, which is off where there are no nodes.
    await api.kubectl('delete', 'pod', name, '--force');
    const over = await eventually(
      'the Pod to be over',
      () =>
        bindingWhere(api, binding, 'OutOfUse', ({ status }) =>
          isTrue(status?.conditions, 'OutOfUse'),
        ),
      PATIENCE_MS,
    );
    expect(getCondition(over.status?.conditions, 'OutOfUse')?.reason).toBe('NodeOutOfService');
    expect(isTrue(over.status?.conditions, 'WriterMayBeAlive')).toBe(false);
    await jobFor(api, binding);
  },
  2 * PATIENCE_MS,
);
