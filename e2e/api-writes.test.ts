import { expect, test } from '@jest/globals';
import { dirname, join } from 'node:path';
import { systemClock } from '../src/clock.ts';
import { APP_NAME } from '../src/core/registration.ts';
import { createClient, type KubeClient } from '../src/kube/client.ts';
import { connect } from '../src/kube/connection.ts';
import { pointOf, type WritePointName } from '../test/crash/write-points.ts';
import { eventually } from '../test/support/eventually.ts';
import { fluentPVC, labelledPod } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { quiet } from './at-rest.ts';
import { followAudit, type AuditLog } from './audit.ts';
import { startCluster } from './cluster/cluster.ts';
import { asPartOf } from './marked-operator.ts';
import { observe, type Observer } from './observer.ts';
import { startOperator } from './operator.ts';
import { POD_LIFE } from './pod-life.ts';

/*
 * What a Pod costs the API server, from its creation until nothing of it is left: docs/api-writes.md.
 * A write more is one more for each Pod of every cluster, so it needs a reason there.
 */

/** Where the Pod is seen before its claim, the binding learns of one after the other: not in all of them. */
const LIVES = 3;
const PATIENCE_MS = 120_000;

let client: KubeClient;
let audit: AuditLog;
let observer: Observer;

shared(async (parts) => {
  const cluster = await startCluster({
    name: 'e2e-writes',
    nodes: { kind: 'kwok', count: 1 },
    audit: true,
  });
  parts.defer(() => cluster.stop());
  const { kubeconfig } = cluster;
  const connection = await connect({ kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  client = createClient(connection, 'e2e');
  const logFile = join(dirname(kubeconfig), 'operator.log');
  const operator = await startOperator({
    ...asPartOf(cluster.name),
    kubeconfig,
    client,
    logFile,
  });
  parts.defer(() => operator.kill());
  const over = new AbortController();
  parts.defer(() => {
    over.abort();
  });
  observer = await observe({ client, clock: systemClock }, over.signal);
  await client.create(fluentPVC('life'));
  audit = await followAudit(cluster.auditLog);
  await quiet(audit);
});

/** What the operator asked for in the life of a Pod. */
interface Life {
  readonly writes: readonly WritePointName[];
  readonly reads: readonly string[];
}

/** A Pod that runs, is deleted, and whose claim is drained. */
async function live(): Promise<Life> {
  const { metadata } = await client.create(labelledPod({ namespace: 'default' }, 'life'));
  const ref = { kind: 'Pod', namespace: 'default', name: metadata.name } as const;
  await observer.until({
    what: 'the binding to be Ready',
    probe: () => [...observer.bindings.values()].find(({ status }) => status?.phase === 'Ready'),
    otherwise: () => 'it is not',
  });
  await client.delete(ref, { uid: metadata.uid, propagation: 'Background' });
  const writes: WritePointName[] = [];
  const reads: string[] = [];
  await eventually(
    'the last write to be in the audit log',
    async () => {
      const own = (await audit.next()).filter(({ userAgent }) => userAgent.startsWith(APP_NAME));
      const written = own.flatMap(({ write }) => write ?? []);
      reads.push(...own.map(({ what }) => what).filter((what) => /^(get|list) /.test(what)));
      writes.push(...written.filter(({ resource }) => resource !== 'leases').map(pointOf));
      return writes.includes('the binding loses our finalizer');
    },
    PATIENCE_MS,
  );
  // These two are written side by side.
  return { writes: [...writes.slice(0, 2).toSorted(), ...writes.slice(2)], reads };
}

test('the operator writes nothing in the life of a Pod that has no reason in docs/api-writes.md, and lists nothing', async () => {
  const lives: Life[] = [];
  for (let index = 0; index < LIVES; index += 1) lives.push(await live());
  const known = POD_LIFE.map(({ write }) => write);
  const written = lives.map(({ writes }) => writes);
  expect(written.flat().filter((write) => !known.includes(write))).toEqual([]);
  expect(written).toContainEqual([...known.slice(0, 2).toSorted(), ...known.slice(2)]);
  // A list would cost the more the more Pods there are; a slow machine may need one once.
  const listed = lives.map(({ reads }) => reads.filter((what) => what.startsWith('list ')));
  expect(listed).toContainEqual([]);
  expect(lives.flatMap(({ reads }) => reads)).toContain('get pods');
});
