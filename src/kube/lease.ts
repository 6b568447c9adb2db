import type { KubeObject, Stored } from '../api/object.ts';
import type { ObjectRef } from '../api/resources.ts';
import { delay, isAborted, type Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { hasCode } from './api-error.ts';
import type { KubeClient } from './client.ts';

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
}

const DURATION_SECONDS = 15;
const RENEW_EVERY_MS = 5_000;
/** Shorter than the lease: who cannot renew it stops before another one may start. */
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
/** The end does not wait for an API server that is away. */
const RELEASE_MS = 3_000;

/**
 * Runs `lead` while this process holds the Lease, and waits for it while another one does. The
 * signal of `lead` aborts when the Lease cannot be renewed in time.
 *
 * Two leaders at once would need a process that is stopped for longer than a Lease and goes on with
 * a write under way; every write names the version or uid it is for, so it does no harm.
 *
 * @returns when `lead` has ended: because the signal aborted, or the Lease was lost
 */
export async function withLease(
  options: LeaseOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, identity, log } = options;
  const lease = await acquire(options, signal);
  if (lease === undefined) return;
  log.info('leads', { identity });
  const lost = new AbortController();
  const leading = lead(AbortSignal.any([signal, lost.signal]));
  const renewing = renew(options, lease, AbortSignal.any([signal, lost.signal])).then(() => {
    lost.abort(new Error('the Lease was lost'));
  });
  await leading.finally(() => {
    lost.abort();
  });
  await renewing;
  if (signal.aborted) await release(options);
  else log.error('the Lease was lost', { identity, at: clock.now() });
}

/** The Lease, once it is ours; `undefined` when the signal aborted before. */
async function acquire(
  options: LeaseOptions,
  signal: AbortSignal,
): Promise<Stored<Lease> | undefined> {
  const { client, clock, log, ref, identity } = options;
  /** The holder's clock may be wrong: its Lease is over when *we* saw it unchanged for so long. */
  let seen = { renewTime: '', at: clock.now() };
  while (!signal.aborted) {
    try {
      const lease = await client.get<Lease>(ref, { signal });
      if (lease === undefined)
        return await client.create(newLease(ref, spec(options, 0)), { signal });
      const { holderIdentity, renewTime = '' } = lease.spec;
      const { leaseDurationSeconds = DURATION_SECONDS } = lease.spec;
      if (seen.renewTime !== renewTime) seen = { renewTime, at: clock.now() };
      const over = clock.now() - seen.at > leaseDurationSeconds * 1000;
      if (!holderIdentity || holderIdentity === identity || over) {
        const transitions = (lease.spec.leaseTransitions ?? 0) + 1;
        return await client.replace({ ...lease, spec: spec(options, transitions) }, { signal });
      }
    } catch (error) {
      if (!hasCode(error, 409) && !isAborted(signal)) {
        log.warn('cannot acquire the Lease; will try again', { error: messageOf(error) });
      }
    }
    await delay(clock, RETRY_MS, signal);
  }
  return undefined;
}

/** Returns when the Lease is not ours any more or the signal aborts. */
async function renew(
  options: LeaseOptions,
  acquired: Stored<Lease>,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, log } = options;
  let lease = acquired;
  // As we wrote it, before the answer came.
  let renewedAt = Date.parse(acquired.spec.renewTime ?? '') || clock.now();
  let waitMs = RENEW_EVERY_MS;
  for (;;) {
    await delay(clock, waitMs, signal);
    if (signal.aborted) return;
    const askedAt = clock.now();
    try {
      const { acquireTime, leaseTransitions = 0 } = lease.spec;
      const renewed = { ...spec(options, leaseTransitions), acquireTime: acquireTime ?? '' };
      const timeout = AbortSignal.timeout(Math.max(renewedAt + RENEW_DEADLINE_MS - clock.now(), 1));
      lease = await client.replace(
        { ...lease, spec: renewed },
        { signal: AbortSignal.any([signal, timeout]) },
      );
      // From when it was asked for: an answer may take its time, and the Lease does not wait.
      renewedAt = askedAt;
      waitMs = RENEW_EVERY_MS;
    } catch (error) {
      if (isAborted(signal) || clock.now() - renewedAt >= RENEW_DEADLINE_MS) return;
      log.warn('cannot renew the Lease; will try again', { error: messageOf(error) });
      waitMs = RETRY_MS;
      if (!hasCode(error, 409)) continue;
      // Another one has it, or the answer to our own renewal was lost.
      const current = await read(options, signal).catch(() => lease);
      if (current?.spec.holderIdentity !== options.identity) return;
      lease = current;
    }
  }
}

function read(
  { client, ref }: LeaseOptions,
  signal: AbortSignal,
): Promise<Stored<Lease> | undefined> {
  return client.get<Lease>(ref, { signal });
}

/** Lets the next one start at once. */
async function release({ client, ref, identity, log }: LeaseOptions): Promise<void> {
  try {
    const signal = AbortSignal.timeout(RELEASE_MS);
    const lease = await client.get<Lease>(ref, { signal });
    if (lease?.spec.holderIdentity !== identity) return;
    await client.replace({ ...lease, spec: { ...lease.spec, holderIdentity: '' } }, { signal });
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
