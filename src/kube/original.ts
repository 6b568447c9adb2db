import { GROUP } from '../api/names.ts';
import type { KubeObject, Stored } from '../api/object.ts';
import { delay, isAborted, type Clock } from '../clock.ts';
import { APP_NAME, NAME_LABEL } from '../core/registration.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KubeClient } from './client.ts';
import type { Lease } from './lease.ts';

/** The original's leader election; in whichever namespace it was installed. */
export const ORIGINAL_LEASE = 'bde8487c.tech.zozo.com';

/** While it is there: somebody is to take it away. */
const LOOK_EVERY_MS = 5_000;
/** While it is not known whether a Lease is renewed. */
const WATCH_EVERY_MS = 1_000;
/** controller-runtime's, which the original leaves as it is. */
const LEASE_SECONDS = 15;
/** No clock is wrong by so much: a Lease that old, by the holder's clock, need not be watched. */
const LONG_OVER_MS = 60 * 60_000;

interface Base {
  client: KubeClient;
  clock: Clock;
  log: Log;
  /** Called when the API server has answered. */
  onAnswer: () => void;
}

export interface OriginalWatch {
  /** Resolves when the original is gone, or the signal aborts; knows the Leases it has seen before. */
  gone: (signal: AbortSignal) => Promise<void>;
  /** What somebody who waits for that waits for: for readiness. */
  active: () => string | undefined;
}

/** For who goes on beside it. */
export const NO_ORIGINAL: OriginalWatch = {
  gone: () => Promise.resolve(),
  active: () => undefined,
};

/**
 * Finds out whether the original operator (st-tech/fluent-pvc-operator) is gone: two controllers would
 * make two finalizer Jobs of one claim, and release what the other still drains. It is there while its
 * webhook admits Pods, or its Lease is renewed. What is in the way is said once, and looked for again
 * until it is gone.
 */
export function createOriginalWatch(base: Base): OriginalWatch {
  const { clock, log, onAnswer } = base;
  const seen: SeenLeases = new Map();
  let why: string | undefined;
  const say = (now: string): void => {
    if (now !== why) log.warn(`does not lead: ${now}`);
    why = now;
  };
  const gone = async (signal: AbortSignal): Promise<void> => {
    while (!isAborted(signal)) {
      const sight = await look(base, seen, signal).catch((error: unknown): Sight => ({
        kind: 'hidden',
        why: messageOf(error),
      }));
      if (isAborted(signal)) return;
      if (sight.kind !== 'hidden') onAnswer();
      switch (sight.kind) {
        case 'gone':
          if (why !== undefined) log.info('the original operator is gone');
          why = undefined;
          return;
        case 'unknown':
          break;
        case 'there':
          say(
            `the original operator is active in the cluster (${sight.what}); stop it, and delete its ` +
              `webhook configurations (docs/take-over.md)`,
          );
          break;
        case 'hidden':
          say(`cannot look whether the original operator is active: ${sight.why}`);
          break;
        default:
          throw new Error(`no such sight: ${JSON.stringify(sight satisfies never)}`);
      }
      await delay(clock, sight.kind === 'unknown' ? WATCH_EVERY_MS : LOOK_EVERY_MS, signal);
    }
  };
  return { gone, active: () => why };
}

type Sight =
  | { kind: 'gone' }
  /** A Lease is there, and it is not known yet whether somebody renews it. */
  | { kind: 'unknown' }
  | { kind: 'there'; what: string }
  | { kind: 'hidden'; why: string };

/** By uid: what the Lease said when it was seen first, and when that was by our uptime. */
type SeenLeases = Map<string, { renewTime: string | undefined; at: number }>;

async function look(
  { client, clock }: Base,
  seen: SeenLeases,
  signal: AbortSignal,
): Promise<Sight> {
  const fieldSelector = `metadata.name=${ORIGINAL_LEASE}`;
  const [configurations, leases] = await Promise.all([
    client.list<Configuration>('MutatingWebhookConfiguration', {}, { signal }),
    client.list<Lease>('Lease', { fieldSelector }, { signal }),
  ]);
  const configuration = configurations.items.find(isOriginals);
  if (configuration !== undefined) {
    return { kind: 'there', what: `MutatingWebhookConfiguration "${configuration.metadata.name}"` };
  }
  let sight: Sight = { kind: 'gone' };
  for (const lease of leases.items) {
    const { namespace = '', name } = lease.metadata;
    const state = stateOf(lease, seen, clock);
    if (state === 'renewed') {
      const { holderIdentity = '' } = lease.spec;
      return {
        kind: 'there',
        what: `Lease "${namespace}/${name}" is renewed by "${holderIdentity}"`,
      };
    }
    if (state === 'unknown') sight = { kind: 'unknown' };
  }
  return sight;
}

interface Configuration extends KubeObject {
  webhooks?: { name: string }[];
}

/** By what it calls its webhooks; ours are called the same, and have a label. */
function isOriginals({ metadata, webhooks = [] }: Stored<Configuration>): boolean {
  return (
    metadata.labels?.[NAME_LABEL] !== APP_NAME &&
    webhooks.some(({ name }) => name.endsWith(`.${GROUP}`))
  );
}

/** Like any Lease, it is over when *we* have seen it unchanged for its duration. */
function stateOf(
  { metadata, spec }: Stored<Lease>,
  seen: SeenLeases,
  clock: Clock,
): 'renewed' | 'unknown' | 'over' {
  const { holderIdentity = '', renewTime, leaseDurationSeconds = LEASE_SECONDS } = spec;
  if (metadata.name !== ORIGINAL_LEASE || holderIdentity === '') return 'over';
  const first = seen.get(metadata.uid);
  const at = clock.uptime();
  if (first === undefined) {
    seen.set(metadata.uid, { renewTime, at });
    return clock.now() - Date.parse(renewTime ?? '') > LONG_OVER_MS ? 'over' : 'unknown';
  }
  if (first.renewTime === renewTime) {
    return at - first.at > leaseDurationSeconds * 1000 ? 'over' : 'unknown';
  }
  // Looked at from here on anew: it may end now.
  seen.set(metadata.uid, { renewTime, at });
  return 'renewed';
}
