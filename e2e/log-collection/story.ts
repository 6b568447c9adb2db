import { waitUntilReady } from '../cluster/readiness.ts';
import {
  type AppPod,
  backendIs,
  endOfApp,
  firstAttempt,
  leftoversOf,
  releaseOf,
  runningAppPod,
} from '../demo/cycle.ts';
import { keepLedger } from '../demo/ledger.ts';
import { writerName } from '../demo/objects.ts';
import type { Stage } from '../demo/scenario.ts';
import { type Tally, tallyOf } from '../demo/tally.ts';
import { numbersOf, writers } from './lines.ts';
import { linesInLoki } from './loki.ts';
import { appName, applyLogCollection, backendName, cast, manifests, namespace } from './objects.ts';

/** In Loki while all is well. */
const FIRST_LINES = 50;
/** Not in Loki when the Pod goes. */
const BACKLOG_LINES = 100;

/**
 * The example as its README tells it: lines on their way to Loki, a Pod that goes while Loki is away, a
 * finalizer Job that fails until it is back. Returns what was written and what Loki has.
 */
export async function playLogs(stage: Stage): Promise<Tally> {
  const { client, observer, kubectl, act } = stage;
  const ledger = keepLedger(observer.pods, writers);
  const scale = (deployment: string, replicas: number): Promise<string> =>
    kubectl('scale', 'deployment', deployment, `--replicas=${replicas}`, '-n', namespace);

  act('applying Loki and FluentPVC "log-collection" (examples/log-collection)');
  await applyLogCollection(kubectl);
  await backendIs(observer, cast, 'Ready');

  act('applying an application that logs to a file; the OpenTelemetry Collector ships it');
  await kubectl('apply', '-f', manifests.app);
  const first = await runningAppPod(observer, cast, []);
  const arrived = await linesOf(stage, FIRST_LINES, 'lines in Loki', async () => {
    return (await linesInLoki(kubectl)).length;
  });
  act(`${arrived} lines are in Loki`);

  act('taking Loki away');
  await scale(backendName, 0);
  await backendIs(observer, cast, 'gone');
  const before = await linesWritten(stage, first);
  await linesOf(stage, before + BACKLOG_LINES, `lines in the file of Pod ${first.name}`, () =>
    linesWritten(stage, first),
  );

  act('deleting the Pod, as a rollout or the drain of its node would');
  await kubectl('delete', 'pod', first.name, '-n', namespace, '--wait=false');
  const second = await runningAppPod(observer, cast, [first]);
  await firstAttempt(observer, first);

  act('bringing Loki back');
  await scale(backendName, 1);
  await backendIs(observer, cast, 'Ready');
  await releaseOf(observer, first);

  act('removing the application');
  await scale(appName, 0);
  await endOfApp(observer, cast);
  await releaseOf(observer, second);

  const received = numbersOf(await linesInLoki(kubectl));
  return tallyOf({ written: ledger.written, received, left: await leftoversOf(client) });
}

/** Waits for so many lines; how many there are then. */
async function linesOf(
  { signal }: Stage,
  wanted: number,
  what: string,
  count: () => Promise<number>,
): Promise<number> {
  let found = 0;
  await waitUntilReady({
    what: `${wanted} ${what}`,
    timeout: 60_000,
    every: 500,
    signal,
    probe: async () => {
      found = await count();
      return found >= wanted ? undefined : `there are ${found}`;
    },
  });
  return found;
}

async function linesWritten({ kubectl }: Stage, { name }: AppPod): Promise<number> {
  const count = ['sh', '-c', 'wc -l <"$LOG_FILE"'];
  return Number(await kubectl('exec', name, '-n', namespace, '-c', writerName, '--', ...count));
}
