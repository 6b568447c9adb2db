import type { Stored } from '../src/api/object.ts';
import type { Secret } from '../src/api/secret.ts';
import type { Plan, Write } from '../src/core/plan.ts';
import { bundlesOf, bundleWrite, certificatesIn, type Configuration } from './ca-bundle.ts';
import { BACKDATE_MS, isFor, type ServingCertificate } from './certificate.ts';
import { heldIn, secretWrite, type SecretOf } from './certificate-secret.ts';

/**
 * A certificate that the webhook makes itself: A is in use, B is to take its place. Each is signed by
 * a CA of its own whose key is forgotten, so there is one way to renew, and nothing else to keep.
 *
 *                 empty      A is due       B's CA is trusted     A's CA is nobody's
 *                   │      (2/3 of its         for SETTLE           for RETIRE
 *                   │     life, deleted)          │                     │
 *     Secret        └──> A ────────────> A, B ────┴────> B ─────────────┴─────> B
 *     caBundles          A               A + B           A + B                  B
 *     served             A               A, then B       B                      B
 *
 * Every replica does all of it: nobody leads, so the webhook comes up without the controllers. Each
 * write names the version that it was made for, so of several replicas one is first, and the others
 * look again.
 *
 * No handshake fails, because
 * - a certificate is served only when the API server has been seen to trust its CA for SETTLE, unless
 *   there is none that it trusts;
 * - a CA leaves the bundles only when RETIRE has passed since a certificate of it was last in the
 *   Secret or in use here: a replica that has not heard of the other one by then does not reach the
 *   API server, and so can admit nothing anyway;
 * - what stands in the bundles is added to, whoever wrote it: a CA that we don't know may be that of a
 *   replica of another version, or of another way to get a certificate.
 *
 * A crash between any two writes leaves one of the states above. Times are measured by each replica
 * for itself, by a clock that nobody sets: after a restart a wait begins anew. Only the end of a
 * certificate is read by the machine's clock, and a certificate is valid from an hour ago.
 */
export interface CertificateObservation {
  /** ms since the epoch. */
  now: number;
  of: SecretOf;
  /** By which the API server calls us. */
  hosts: readonly string[];
  secret: Stored<Secret> | undefined;
  /** Those that there are. */
  configurations: readonly Stored<Configuration>[];
  /** For how long, in ms, all of them have trusted a CA. */
  trustedMs: ReadonlyMap<string, number>;
  /** For how long, in ms, one of them has trusted a CA that is of no certificate of ours. */
  strangeMs: ReadonlyMap<string, number>;
  /** What is served now. */
  serving: ServingCertificate | undefined;
}

export interface CertificatePlan extends Plan {
  /** What is to be served from now on. */
  serve: ServingCertificate | undefined;
  /** A certificate is to be made, and stored as {@link storeFresh} says; there are no other writes. */
  issue: boolean;
}

/** How long a certificate is valid. It is renewed when two thirds of that are over. */
export const LIFETIME_MS = 90 * 24 * 3600 * 1000;
/** API servers take note of a changed configuration within a second; they may be several. */
export const SETTLE_MS = 30_000;
/** Longer than a watch may be silent or wait to be opened again (src/kube/reflector.ts), many times. */
export const RETIRE_MS = 3600 * 1000;
/** Somebody may set the clock: what is due by it is looked at again. */
const LOOK_MS = 3600 * 1000;

/** What is next. Pure. */
export function certificatePlan(observation: CertificateObservation): CertificatePlan {
  return { issue: false, serve: served(observation), ...step(observation) };
}

/** How a new certificate is stored: behind one that can be served until it is trusted. */
export function storeFresh(observation: CertificateObservation, fresh: ServingCertificate): Write {
  const { of, secret, serving } = observation;
  const { current, next } = usable(observation);
  const before = current ?? next ?? (isUsable(serving, observation) ? serving : undefined);
  const pairs = before === undefined ? { current: fresh } : { current: before, next: fresh };
  return secretWrite(of, secret, pairs);
}

/** The CAs of all certificates of ours that are, or will be, served. */
export function ownCAs(observation: Sight & Pick<CertificateObservation, 'serving'>): Set<string> {
  const { current, next } = usable(observation);
  const all = [current, next, observation.serving].filter((pair) => isUsable(pair, observation));
  return new Set(all.flatMap(casOf));
}

/** What of them is in the bundles, and of nobody here. */
export function strangersIn(
  configurations: readonly Configuration[],
  own: ReadonlySet<string>,
): Set<string> {
  return new Set(
    configurations
      .flatMap(bundlesOf)
      .flat()
      .filter((ca) => !own.has(ca)),
  );
}

/** Are all configurations that there are, and there is one, seen to trust the certificate? */
export function isTrusted(
  pair: ServingCertificate,
  trustedMs: CertificateObservation['trustedMs'],
  forMs = 0,
): boolean {
  return casOf(pair).every((ca) => (trustedMs.get(ca) ?? -1) >= forMs);
}

function step(observation: CertificateObservation): Plan & { issue?: true } {
  const { now, of, secret, configurations, trustedMs, strangeMs } = observation;
  const { current, next } = usable(observation);
  const newest = next ?? current;
  if (newest === undefined || renewAt(newest) <= now) {
    const why =
      newest === undefined ? 'there is none that can be used' : 'a third of its life is left';
    return { issue: true, writes: [], reason: why };
  }

  const own = ownCAs(observation);
  const bundles = (bundleFor: (old: readonly string[]) => readonly string[]): Write[] =>
    configurations.flatMap((one) => bundleWrite(one, bundleFor) ?? []);
  const added = bundles((old) => [...new Set([...own, ...old])]);
  if (added.length > 0) return { writes: added, reason: 'the API server is to trust our CA' };

  if (next !== undefined && (current === undefined || isTrusted(next, trustedMs, SETTLE_MS))) {
    const reason = 'the next certificate is trusted and takes the place of the one in use';
    return { writes: [secretWrite(of, secret, { current: next })], reason };
  }

  const removed = bundles((old) => old.filter((ca) => (strangeMs.get(ca) ?? 0) < RETIRE_MS));
  if (removed.length > 0) {
    return {
      writes: removed,
      reason: 'a CA whose certificate nobody serves is not trusted any more',
    };
  }

  const rests = [
    LOOK_MS,
    renewAt(newest) - now,
    ...[...own].map((ca) => SETTLE_MS - (trustedMs.get(ca) ?? Infinity)),
    ...[...strangeMs.values()].map((ms) => RETIRE_MS - ms),
  ];
  const requeueAfterMs = Math.min(...rests.filter((ms) => ms > 0));
  return { writes: [], requeueAfterMs, reason: 'all is as it should be' };
}

function served(observation: CertificateObservation): ServingCertificate | undefined {
  const { trustedMs, serving } = observation;
  const { current, next } = usable(observation);
  const inUse = isUsable(serving, observation) ? serving : undefined;
  const first = (
    pairs: readonly (ServingCertificate | undefined)[],
    forMs: number,
  ): ServingCertificate | undefined =>
    pairs.find((pair) => pair !== undefined && isTrusted(pair, trustedMs, forMs));
  return (
    first([next, current], SETTLE_MS) ??
    first([inUse, current, next], 0) ??
    // Nobody calls us by any: when somebody does, it is the one in use.
    inUse ??
    current ??
    next ??
    serving
  );
}

/** What it takes to tell what can be used of the Secret. */
type Sight = Pick<CertificateObservation, 'now' | 'hosts' | 'secret'>;

function usable(sight: Sight): {
  current: ServingCertificate | undefined;
  next: ServingCertificate | undefined;
} {
  const { current, next } = heldIn(sight.secret);
  return {
    current: isUsable(current, sight) ? current : undefined,
    next: isUsable(next, sight) ? next : undefined,
  };
}

/** One that is not valid yet was made by a clock that goes ahead of ours. */
function isUsable(
  pair: ServingCertificate | undefined,
  { now, hosts }: Sight,
): pair is ServingCertificate {
  return pair !== undefined && now < pair.notAfter.getTime() && isFor(pair, hosts);
}

/** When a third of its life is left. */
function renewAt({ notBefore, notAfter }: ServingCertificate): number {
  return notAfter.getTime() - (notAfter.getTime() - notBefore.getTime() - BACKDATE_MS) / 3;
}

function casOf({ ca }: ServingCertificate): string[] {
  return certificatesIn(ca);
}
