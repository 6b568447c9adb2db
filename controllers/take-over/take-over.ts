import type { FluentPVC, OperatorDefaults } from '../../src/api/fluentpvc.ts';
import type { Stored } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { delay, isAborted, type Clock } from '../../src/clock.ts';
import type { PatchWrite } from '../../src/core/plan.ts';
import { messageOf } from '../../src/errors.ts';
import { ApiError, isFinal } from '../../src/kube/api-error.ts';
import { backoffMs } from '../../src/kube/backoff.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Writer } from '../../src/kube/writer.ts';
import type { Log } from '../../src/log.ts';
import type { Caches } from '../caches.ts';
import { isUnsettled, settled, settlingWrite } from './take-over-fluentpvc.ts';
import { beginningOf, lookForLeft } from './take-over-observer.ts';
import { takeOverPlan } from './take-over-plan.ts';

export interface TakeOverOptions {
  caches: Pick<Caches, 'fluentPVCs' | 'bindings'>;
  client: KubeClient;
  writer: Writer;
  clock: Clock;
  log: Log;
  defaults: OperatorDefaults;
  /** How many objects are written at once. */
  concurrency: number;
  /** Only in these; `undefined`: in all. */
  namespaces: readonly string[] | undefined;
  /** The Lease of this installation. */
  lease: ObjectRef;
  /** Told why it cannot be done, and with `undefined` that it is: nobody works meanwhile. */
  hindered: (why: string | undefined) => void;
}

const RETRY = { firstMs: 1_000, limitMs: 30_000 };

/**
 * Makes what the original operator left ours, before the controllers look at anything: once at the
 * start of leadership, and where nothing is found nothing is written.
 *
 * What the API server refuses for good is logged and left; whatever else fails, or has changed
 * meanwhile, is looked at anew.
 *
 * @returns when it is done, or the signal aborts
 */
export async function takeOver(options: TakeOverOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, hindered } = options;
  let said = '';
  for (let failures = 1; !isAborted(signal); failures += 1) {
    try {
      await once(options, signal);
      hindered(undefined);
      return;
    } catch (error) {
      if (isAborted(signal)) return;
      const why = messageOf(error);
      if (why !== said) log.warn('cannot take over; will try again', { error: why });
      said = why;
      hindered(why);
      await delay(clock, backoffMs(failures, RETRY), signal);
    }
  }
}

async function once(options: TakeOverOptions, signal: AbortSignal): Promise<void> {
  const { caches, client, clock, defaults, log } = options;
  const fluentPVCs = await settle(options, signal);
  const left = await lookForLeft(client, caches, options.namespaces, signal);
  const { steps, notes } = takeOverPlan({ now: clock.now(), ...left, fluentPVCs, defaults });
  await write(options, steps, signal);
  for (const note of notes) log.warn(note);
  if (steps.length > 0) log.info('took over from the original operator', { objects: steps.length });
}

/** Writes what absence means into FluentPVCs that were stored before us; all of them as they are meant. */
async function settle(
  options: TakeOverOptions,
  signal: AbortSignal,
): Promise<Map<string, Stored<FluentPVC>>> {
  const { caches, client, lease } = options;
  const all = [...caches.fluentPVCs.values()];
  const beginning = all.some(isUnsettled) ? await beginningOf(client, lease, signal) : undefined;
  const writes = all.flatMap((one) => settlingWrite(one, beginning) ?? []);
  await write(
    options,
    writes.map((one) => [one]),
    signal,
  );
  return new Map(all.map((one) => [one.metadata.name, settled(one, beginning)]));
}

/** So many steps at once; the writes of a step one after the other. */
async function write(
  { writer, concurrency, log }: TakeOverOptions,
  steps: readonly (readonly PatchWrite[])[],
  signal: AbortSignal,
): Promise<void> {
  const left = steps.values();
  const work = async (): Promise<void> => {
    for (const step of left) {
      try {
        await writer.apply(step, { signal });
      } catch (error) {
        if (!(error instanceof ApiError) || !isFinal(error)) throw error;
        log.error('cannot take an object over from the original operator', {
          object: step.map(({ ref }) => `${ref.kind} ${ref.namespace ?? ''}/${ref.name}`)[0],
          error: messageOf(error),
        });
      }
    }
  };
  // To the end of all, whatever fails: what comes next looks at what was written.
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const failed = workers.find((worker) => worker.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
