import type { KubeClient } from '../../src/kube/client.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import { execIn, type Kubectl } from '../kubectl.ts';
import type { Observer } from '../observer.ts';
import {
  type AppPod,
  backendIs,
  deletionOf,
  endOfApp,
  firstAttempt,
  leftoversOf,
  releaseOf,
  runningAppPod,
} from './cycle.ts';
import { keepLedger } from './ledger.ts';
import {
  appName,
  backendName,
  cast,
  fluentPVCName,
  manifests,
  sidecarName,
  writers,
} from './objects.ts';
import { type Tally, tallyOf } from './tally.ts';

/** What a story plays on. */
export interface Stage {
  readonly client: KubeClient;
  readonly observer: Observer;
  readonly kubectl: Kubectl;
  /** Told of everything that the story does; what follows from it, the chronicle tells. */
  readonly act: (line: string) => void;
  /** Ends the waits. */
  readonly signal: AbortSignal;
}

/** Shipped while all is well. */
const FIRST_LINES = 20;
/** Not shipped when the sidecar crashes. */
const BACKLOG_LINES = 50;

/**
 * The main job with real containers: a backlog, a crash, a replacement, a drain that fails as long
 * as the backend is away and succeeds afterwards; then the end of the application. Returns what was
 * written and what arrived.
 */
export async function playReal(
  stage: Stage,
  options: { readonly finalizerCommand: string | undefined },
): Promise<Tally> {
  const { client, observer, kubectl, act } = stage;
  const ledger = keepLedger(observer.pods, writers);

  act('applying the backend and FluentPVC "demo" (examples/demo)');
  await kubectl('apply', '-f', manifests.backend, '-f', manifests.fluentPVC);
  if (options.finalizerCommand !== undefined) {
    act(`the finalizer Job will run \`${options.finalizerCommand}\` and no shipper`);
    await replaceFinalizerCommand(client, options.finalizerCommand);
  }
  await backendIs(observer, cast, 'Ready');

  act('applying an application whose Pod buffers lines');
  await kubectl('apply', '-f', manifests.app);
  const first = await runningAppPod(observer, cast, []);
  await linesArrived(stage, FIRST_LINES);

  act('taking the backend away');
  await scale(kubectl, backendName, 0);
  await backendIs(observer, cast, 'gone');
  const backlog = await linesLeft(stage, first, BACKLOG_LINES);

  act(`making the sidecar crash, with a backlog of ${backlog} lines`);
  // Process 1 exits with 1 when it gets this signal; see ship.sh.
  await execIn(kubectl, { pod: first.name, container: sidecarName }, 'kill', '-USR1', '1');
  await deletionOf(observer, first);
  const second = await runningAppPod(observer, cast, [first]);
  await firstAttempt(observer, first);

  act('bringing the backend back');
  await scale(kubectl, backendName, 1);
  await backendIs(observer, cast, 'Ready');
  await releaseOf(observer, first);

  act('removing the application');
  await scale(kubectl, appName, 0);
  await endOfApp(observer, cast);
  await releaseOf(observer, second);

  const received = await receivedLines(kubectl);
  return tallyOf({ written: ledger.written, received, left: await leftoversOf(client) });
}

async function replaceFinalizerCommand(client: KubeClient, command: string): Promise<void> {
  const path = '/spec/pvcFinalizerJobSpecTemplate/template/spec/containers/0/command';
  await client.patch(
    { kind: 'FluentPVC', name: fluentPVCName },
    { type: 'json', body: [{ op: 'replace', path, value: ['sh', '-c', command] }] },
  );
}

async function scale(kubectl: Kubectl, deployment: string, replicas: number): Promise<void> {
  await kubectl('scale', 'deployment', deployment, `--replicas=${replicas}`);
}

/** All that the backend keeps, duplicates included. */
export async function receivedLines(kubectl: Kubectl): Promise<readonly string[]> {
  const all = ['find', '/data/received', '-type', 'f', '-exec', 'cat', '{}', '+'];
  const text = await kubectl('exec', `deployment/${backendName}`, '--', ...all);
  return text.split('\n').filter((line) => line !== '');
}

async function linesArrived({ kubectl, act, signal }: Stage, wanted: number): Promise<void> {
  let arrived = 0;
  await waitUntilReady({
    what: `the arrival of ${wanted} lines at the backend`,
    timeout: 60_000,
    every: 300,
    signal,
    probe: async () => {
      arrived = (await receivedLines(kubectl)).length;
      return arrived >= wanted ? undefined : `${arrived} have arrived`;
    },
  });
  act(`${arrived} lines have arrived at the backend`);
}

/** Waits for a backlog of that size; how large it is then. */
async function linesLeft({ kubectl, signal }: Stage, pod: AppPod, wanted: number): Promise<number> {
  let left = 0;
  await waitUntilReady({
    what: `a backlog of ${wanted} lines in Pod ${pod.name}`,
    timeout: 60_000,
    every: 300,
    signal,
    probe: async () => {
      const where = { pod: pod.name, container: sidecarName };
      left = Number(await execIn(kubectl, where, 'sh', '/scripts/ship.sh', 'left'));
      return left >= wanted ? undefined : `it has ${left}`;
    },
  });
  return left;
}
