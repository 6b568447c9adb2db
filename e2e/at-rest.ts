import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binding } from '../src/api/binding.ts';
import { systemClock } from '../src/clock.ts';
import { APP_NAME } from '../src/core/registration.ts';
import { createClient, type KubeClient } from '../src/kube/client.ts';
import { connect } from '../src/kube/connection.ts';
import { eventually } from '../test/support/eventually.ts';
import { fluentPVC, labelledPod } from '../test/support/manifests.ts';
import { followAudit, type AuditLog } from './audit.ts';
import { startCluster } from './cluster/cluster.ts';
import type { Reporter } from './cluster/reporter.ts';
import { asPartOf } from './marked-operator.ts';
import { startOperator } from './operator.ts';

/** What the operator did while nothing happened. */
export interface Rest {
  /** Its requests, as the API server counted them: how many of `update leases`, `watch pods`. */
  readonly asked: ReadonlyMap<string, number>;
  /** Those of them that have no place in a rest. */
  readonly disturbing: readonly string[];
  /** Lines that it logged. */
  readonly logged: readonly string[];
}

const NAMESPACE = 'default';
const PODS_OF_A_NODE = 100;
const CREATES_AT_ONCE = 20;
/** What follows from the last Pod has come to its end when nothing was asked for so long. */
const QUIET_MS = 5_000;
const SETTLE_MS = 60_000;
/** A simulated cluster on a small machine makes a few Pods and volumes a second. */
const READY_MS_PER_BINDING = 1_000;

/**
 * Starts simulated nodes and an operator, lets so many Pods run, waits until all is done, and then
 * looks on for a while. Requests are counted by the API server's audit log, by their user agent: the
 * test is one of the whole program and needs no word of its own.
 */
export async function watchRest(
  name: string,
  { bindings, seconds, reporter }: { bindings: number; seconds: number; reporter: Reporter },
): Promise<Rest> {
  await using parts = new AsyncDisposableStack();
  const count = Math.ceil(bindings / PODS_OF_A_NODE);
  const cluster = await startCluster({
    name,
    nodes: { kind: 'kwok', count },
    audit: true,
    reporter,
  });
  parts.defer(() => cluster.stop());
  const { kubeconfig, auditLog } = cluster;
  const connection = await connect({ kubeconfig, clock: systemClock });
  parts.defer(() => connection.close());
  const client = createClient(connection, 'rest');
  const logFile = join(dirname(kubeconfig), 'operator.log');
  const operator = await startOperator({
    ...asPartOf(name),
    kubeconfig,
    client,
    logFile,
  });
  // Killed: the cluster goes with all that it would take back.
  parts.defer(() => operator.kill());

  await client.create(fluentPVC('idle'));
  reporter.step(`creating ${bindings} Pods`);
  await createPods(client, bindings);
  await allReady(client, bindings);
  reporter.step(`${bindings} bindings are Ready`);
  const audit = await followAudit(auditLog);
  await quiet(audit);
  reporter.step(`all is quiet; looking on for ${seconds} s`);
  return await lookOn({ audit, operator, seconds });
}

/** Looks on for a while at an operator that has nothing to do. */
export async function lookOn({
  audit,
  operator: { pid, logFile },
  seconds,
}: {
  readonly audit: AuditLog;
  readonly operator: { readonly pid: number; readonly logFile: string };
  readonly seconds: number;
}): Promise<Rest> {
  const before = await linesOf(logFile);
  await sleep(seconds * 1000);
  const asked = countOwn(await audit.next());
  const logged = (await linesOf(logFile)).slice(before.length);
  // Who is still there has not been quiet because it ended.
  process.kill(pid, 0);
  return { asked, disturbing: [...asked.keys()].filter(isDisturbing), logged };
}

/** Leases and watches are what an operator at rest asks for. */
function isDisturbing(what: string): boolean {
  return !what.endsWith(' leases') && !what.startsWith('watch ');
}

function countOwn(requests: Awaited<ReturnType<AuditLog['next']>>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { what, userAgent } of requests) {
    if (userAgent.startsWith(`${APP_NAME}/`)) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}

async function createPods(client: KubeClient, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.create(labelledPod({ namespace: NAMESPACE }, 'idle'));
    }
  };
  await Promise.all(Array.from({ length: CREATES_AT_ONCE }, worker));
}

async function allReady(client: KubeClient, count: number): Promise<void> {
  await eventually(
    `${count} bindings to be Ready`,
    async () => {
      const { items } = await client.list<Binding>('FluentPVCBinding', {});
      const ready = items.filter(({ status }) => status?.phase === 'Ready').length;
      if (ready < count) throw new Error(`${ready} of ${items.length}`);
      return true;
    },
    SETTLE_MS + count * READY_MS_PER_BINDING,
  );
}

/** Waits until the operator asks for nothing but what has a place in a rest. */
export async function quiet(audit: AuditLog, patienceMs = SETTLE_MS): Promise<void> {
  await eventually(
    'the operator to have nothing to do',
    async () => {
      await sleep(QUIET_MS);
      const disturbing = [...countOwn(await audit.next()).keys()].filter(isDisturbing);
      if (disturbing.length > 0) throw new Error(disturbing.join(', '));
      return true;
    },
    patienceMs,
  );
}

async function linesOf(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}
