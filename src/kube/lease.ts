import type { KubeObject, Stored } from '../api/object.ts';
import type { ObjectRef } from '../api/resources.ts';
import { delay, isAborted, type Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { hasCode } from './api-error.ts';
import type { KubeClient } from './client.ts';

/** What a leader leaves to the next one, in an annotation of the Lease. Written with each renewal, and at the end. */
export interface Handover {
  readonly annotation: string;
  /** All that the former leader has given, empty for nothing; called before `lead`. */
  take(text: string): void;
  /** `undefined` for nothing. */
  give(): string | undefined;
}

/** See `kubectl explain lease`. */
export interface Lease extends KubeObject {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface LeaseOptions {
  ref: ObjectRef & { kind: 'Lease'; namespace: string };
  /** Unique to this process. */
  identity: string;
  client: KubeClient;
  clock: Clock;
  log: Log;
  /** Called when the API server has answered, every few seconds. */
  onAnswer?: () => void;
  handover: Handover | undefined;
}

/** With the looks of those who wait, two seconds apart, another one leads 15 s after a crash. */
const DURATION_SECONDS = 10;
const RENEW_EVERY_MS = 3_000;
/** Shorter than the lease: who cannot renew it stops before another one may start. */
const RENEW_DEADLINE_MS = 7_000;
const RENEW_AGAIN_MS = 1_000;
const RETRY_MS = 2_000;
/** A connection may be half-open: who waits for the Lease asks again on another one. */
const LOOK_MS = 5_000;
/** The end does not wait for an API server that is away. */
const RELEASE_MS = 3_000;

/**
 * Runs `lead` while this process holds the Lease, and waits for it while another one does. The
 * signal of `lead` aborts when the Lease cannot be renewed in time.
 *
 * How long a Lease lasts is measured by a clock that nobody sets. Two leaders at once would need a
 * process that is stopped for longer than a Lease and goes on with a write under way; every write
 * names the version or uid it is for, so it does no harm.
 *
 * @returns when `lead` has ended: because the signal aborted, or the Lease was lost
 */
export async function withLease(
  options: LeaseOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, identity, log } = options;
  const held = await acquire(options, signal);
  if (held === undefined) return;
  log.info('leads', { identity });
  const { handover } = options;
  if (handover !== undefined) {
    handover.take(held.lease.metadata.annotations?.[handover.annotation] ?? '');
  }
  const lost = new AbortController();
  const leading = lead(AbortSignal.any([signal, lost.signal]));
  const renewing = renew(options, held, AbortSignal.any([signal, lost.signal])).then(() => {
    lost.abort(new Error('the Lease was lost'));
  });
  await leading.finally(() => {
    lost.abort();
  });
  await renewing;
  if (signal.aborted) await release(options);
  else log.error('the Lease was lost', { identity, at: clock.now() });
}

/** A Lease that is ours, and the {@link Clock.uptime} when we asked for it. */
interface Held {
  lease: Stored<Lease>;
  /** An answer may take its time, and the Lease does not wait for it. */
  askedAt: number;
}

/** The Lease, once it is ours; `undefined` when the signal aborted before. */
async function acquire(options: LeaseOptions, signal: AbortSignal): Promise<Held | undefined> {
  const { client, clock, log, ref, identity } = options;
  /** The holder's clock may be wrong: its Lease is over when *we* saw it unchanged for so long. */
  let seen = { renewTime: '', at: clock.uptime() };
  while (!signal.aborted) {
    let waitMs = RETRY_MS;
    try {
      const lease = await read(options, LOOK_MS, signal);
      const askedAt = clock.uptime();
      const call = { signal: within(LOOK_MS, signal) };
      if (lease === undefined) {
        return { lease: await client.create(newLease(ref, spec(options, 0)), call), askedAt };
      }
      const { holderIdentity, renewTime = '', leaseTransitions = 0 } = lease.spec;
      if (seen.renewTime !== renewTime) seen = { renewTime, at: clock.uptime() };
      const { leaseDurationSeconds = DURATION_SECONDS } = lease.spec;
      const restMs = leaseDurationSeconds * 1000 - (clock.uptime() - seen.at);
      if (!holderIdentity || holderIdentity === identity || restMs <= 0) {
        const ours = { ...lease, spec: spec(options, leaseTransitions + 1) };
        return { lease: await client.replace(ours, call), askedAt };
      }
      waitMs = Math.min(RETRY_MS, restMs);
    } catch (error) {
      if (!hasCode(error, 409) && !isAborted(signal)) {
        log.warn('cannot acquire the Lease; will try again', { error: messageOf(error) });
      }
    }
    await delay(clock, waitMs, signal);
  }
  return undefined;
}

/** Returns when the Lease is not ours any more or the signal aborts. */
async function renew(options: LeaseOptions, held: Held, signal: AbortSignal): Promise<void> {
  const { client, clock, log, onAnswer } = options;
  let { lease, askedAt: renewedAt } = held;
  const restMs = (): number => renewedAt + RENEW_DEADLINE_MS - clock.uptime();
  let waitMs = RENEW_EVERY_MS;
  for (;;) {
    await delay(clock, Math.min(waitMs, restMs()), signal);
    if (signal.aborted || restMs() <= 0) return;
    const askedAt = clock.uptime();
    try {
      const { acquireTime, leaseTransitions = 0 } = lease.spec;
      const renewed = { ...spec(options, leaseTransitions), acquireTime: acquireTime ?? '' };
      const call = { signal: within(restMs(), signal) };
      lease = await client.replace({ ...withHandover(options, lease), spec: renewed }, call);
      onAnswer?.();
      renewedAt = askedAt;
      waitMs = RENEW_EVERY_MS;
    } catch (error) {
      if (isAborted(signal) || restMs() <= 0) return;
      log.warn('cannot renew the Lease; will try again', { error: messageOf(error) });
      waitMs = RENEW_AGAIN_MS;
      if (!hasCode(error, 409)) continue;
      // Another one has it, or the answer to our own renewal was lost.
      const current = await read(options, restMs(), signal).catch(() => lease);
      if (current?.spec.holderIdentity !== options.identity) return;
      lease = current;
    }
  }
}

/** Whoever leads next may have to go on at any time: nobody is asked to before a crash. */
function withHandover({ handover }: LeaseOptions, lease: Stored<Lease>): Stored<Lease> {
  if (handover === undefined) return lease;
  const { [handover.annotation]: _, ...others } = lease.metadata.annotations ?? {};
  const given = handover.give();
  const annotations = given === undefined ? others : { ...others, [handover.annotation]: given };
  return { ...lease, metadata: { ...lease.metadata, annotations } };
}

async function read(
  { client, ref, onAnswer }: LeaseOptions,
  withinMs: number,
  signal: AbortSignal,
): Promise<Stored<Lease> | undefined> {
  const lease = await client.get<Lease>(ref, { signal: within(withinMs, signal) });
  onAnswer?.();
  return lease;
}

function within(ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(Math.ceil(ms), 1))]);
}

/** Lets the next one start at once. */
async function release(options: LeaseOptions): Promise<void> {
  const { client, ref, identity, log } = options;
  try {
    const signal = AbortSignal.timeout(RELEASE_MS);
    const lease = await client.get<Lease>(ref, { signal });
    if (lease?.spec.holderIdentity !== identity) return;
    const free = { ...lease.spec, holderIdentity: '' };
    await client.replace({ ...withHandover(options, lease), spec: free }, { signal });
  } catch (error) {
    log.warn('cannot release the Lease; it ends by itself', { error: messageOf(error) });
  }
}

function newLease(ref: LeaseOptions['ref'], leaseSpec: Lease['spec']): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: ref.name, namespace: ref.namespace },
    spec: leaseSpec,
  };
}

function spec({ identity, clock }: LeaseOptions, transitions: number): Lease['spec'] {
  const now = microTime(clock.now());
  return {
    holderIdentity: identity,
    leaseDurationSeconds: DURATION_SECONDS,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: transitions,
  };
}

/** `metav1.MicroTime` has six digits. */
function microTime(time: number): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
