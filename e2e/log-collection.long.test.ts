import { expect, test } from '@jest/globals';
import { labels } from '../src/api/names.ts';
import type { PodSpec } from '../src/api/pod.ts';
import { shared } from '../test/support/shared.ts';
import { keepLedger, type Ledger } from './demo/ledger.ts';
import { faultsOf, tallyOf } from './demo/tally.ts';
import { runningPodOf } from './deployment.ts';
import { ensureLogCollectionImages } from './log-collection/images.ts';
import { numbersOf, writers } from './log-collection/lines.ts';
import { burst, loggingPod, runningAs, said } from './log-collection/logging-pod.ts';
import { linesInLoki } from './log-collection/loki.ts';
import {
  appName,
  applyLogCollection,
  backendName,
  manifests,
  namespace,
} from './log-collection/objects.ts';
import { bindingOf, conditionOf, getPod, patiently } from './seen.ts';
import { openWatchedStage, type Stage, stageIn } from './stage.ts';

/*
 * examples/log-collection on a real node, with the collector and Loki themselves: what the writers say
 * they have written is compared with what Loki has.
 */

let stage: Stage;
let ledger: Ledger;

shared(async (parts) => {
  const watched = await openWatchedStage('e2e-logs', parts);
  ledger = keepLedger(watched.observer.pods, writers);
  stage = stageIn(watched.stage, namespace);
  await ensureLogCollectionImages(stage.cluster);
  await applyLogCollection(stage.kubectl);
  await stage.kubectl('rollout', 'status', `deployment/${backendName}`, '--timeout=4m');
});

/** A Pod of the example with a claim of its own. */
interface Logging {
  uid: string;
  claim: string;
}

async function start(name: string, script: string, change?: Partial<PodSpec>): Promise<Logging> {
  const { metadata } = await stage.client.create(loggingPod(name, script, change));
  return { uid: metadata.uid, claim: metadata.labels?.[labels.binding] ?? '' };
}

async function drained({ claim }: Logging): Promise<void> {
  await patiently(stage, `claim ${claim} to be drained`, async () => {
    const binding = await bindingOf(stage, claim);
    if (binding !== undefined) throw new Error(JSON.stringify(binding.status));
    return true;
  });
}

/** All that the Pod says it wrote, and nothing else, is in Loki. */
async function expectAllInLoki(uid: string): Promise<void> {
  const received = numbersOf(await linesInLoki(stage.kubectl, uid));
  const own = new Map([[uid, ledger.written.get(uid)]]);
  const left = { claims: [], bindings: [], jobs: [] };
  expect(faultsOf(tallyOf({ written: own, received, left }))).toEqual([]);
}

/** The finalizer Job fails with these words, and binding and claim stay. */
async function expectKept({ claim }: Logging, words: string): Promise<void> {
  await conditionOf(stage, claim, 'FinalizerJobFailed', ({ message }) => message.includes(words));
  expect(await bindingOf(stage, claim)).toBeDefined();
}

async function scaleBackend(replicas: number): Promise<void> {
  await stage.kubectl('scale', 'deployment', backendName, `--replicas=${replicas}`);
  await stage.kubectl('rollout', 'status', `deployment/${backendName}`, '--timeout=4m');
}

test('lines reach Loki while the app runs, and all of them before its volume goes', async () => {
  await stage.kubectl('apply', '-f', manifests.app);
  const { pod, claim } = await runningPodOf(stage, appName);
  const uid = (await getPod(stage, pod))?.metadata.uid ?? '';
  await patiently(stage, 'lines in Loki', async () => {
    return (await linesInLoki(stage.kubectl, uid)).length > 20;
  });
  await stage.kubectl('delete', 'deployment', appName);
  await drained({ uid, claim });
  await expectAllInLoki(uid);
});

test('a line that its writer did not end is in Loki', async () => {
  const cut = await start('cut', `printf "%s" "cut off in the mid" >>"$LOG_FILE"; kill -KILL $$`);
  await drained(cut);
  expect(await linesInLoki(stage.kubectl, cut.uid)).toEqual(['cut off in the mid']);
});

test('a line of any length and content is in Loki', async () => {
  const long = await start(
    'long',
    `{ head -c 3000000 /dev/zero | tr '\\0' x; echo; echo; printf ' \\t"\\\\ \\303\\251 \\r\\n'; } >>"$LOG_FILE"`,
  );
  await drained(long);
  const lines = await linesInLoki(stage.kubectl, long.uid);
  expect(lines.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([
    7,
    3_000_000 - 2 * 1_048_576,
    1_048_576,
    1_048_576,
  ]);
  expect(lines).toContain(' \t"\\ é ');
});

test('what waits behind a full queue when the Pod ends is in Loki', async () => {
  await scaleBackend(0);
  // More than the queue of the sidecar holds: as it is stopped, it hands a batch to nobody, and notes it
  // as read.
  const many = await start('many', `${burst(150_000)}; sleep 20`);
  await conditionOf(stage, many.claim, 'FinalizerJobFailed', ({ message }) =>
    /no progress for 30 s: \d+ batches of the sidecar's queue are left/.test(message),
  );
  await scaleBackend(1);
  await drained(many);
  await expectAllInLoki(many.uid);
});

test('a volume on which nothing was written is drained without Loki', async () => {
  await scaleBackend(0);
  const empty = await start('empty', said(0));
  await drained(empty);
  await scaleBackend(1);
});

test('a file that has links beside it, and that its group may not read, is shipped once', async () => {
  const linked = '/var/log/buffer/current.log';
  const secret = await start(
    'secret',
    `umask 077; ln -s "$LOG_FILE" ${linked}; : >"$LOG_FILE"; ln "$LOG_FILE" "$LOG_FILE.1"; ${burst(500)}`,
  );
  await drained(secret);
  await expectAllInLoki(secret.uid);
});

test('the file of another user is shipped if its group may read it, and else kept and named', async () => {
  const other = runningAs(20_002);
  const [open, closed] = await Promise.all([
    start('open', `umask 027; ${burst(500)}`, other),
    start('closed', `umask 077; ${burst(500)}`, other),
  ]);
  await drained(open);
  await expectAllInLoki(open.uid);
  await expectKept(closed, `${closed.uid}.log can't be read`);
});

test('a file that nobody ships keeps the volume, and is named', async () => {
  const [elsewhere, hidden] = await Promise.all([
    start('elsewhere', `echo lost >/var/log/buffer/elsewhere.txt; ${said(0)}`),
    start('hidden', `echo lost >/var/log/buffer/.x.log; ${said(0)}`),
  ]);
  await expectKept(elsewhere, '/var/log/buffer/elsewhere.txt has content');
  await expectKept(hidden, '/var/log/buffer/.x.log has content');
});

test('a line that Loki refuses for good keeps the volume, though its file is gone', async () => {
  await scaleBackend(0);
  const gone = await start(
    'gone',
    `echo "2099-01-01T00:00:00Z $POD_UID 1" >>"$LOG_FILE"
     until wget -q -O - http://127.0.0.1:8888/metrics | grep -q '^otelcol_exporter_queue_size.* 1$'; do sleep 0.2; done
     rm "$LOG_FILE"; ${said(1)}`,
  );
  await expectKept(gone, "no progress for 30 s: 1 batches of the sidecar's queue are left");
  await scaleBackend(1);
  await expectKept(gone, 'lines were refused for good');
});

test('a line that Loki refuses for good keeps the volume', async () => {
  const early = await start(
    'early',
    `echo "2099-01-01T00:00:00Z $POD_UID 1" >>"$LOG_FILE"; ${said(1)}`,
  );
  await expectKept(early, 'lines were refused for good');
});
