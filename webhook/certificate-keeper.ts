import { delay, isAborted, type Clock } from '../src/clock.ts';
import { messageOf } from '../src/errors.ts';
import { hasCode } from '../src/kube/api-error.ts';
import { backoffMs } from '../src/kube/backoff.ts';
import { unlisted } from '../src/kube/checks.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import { trustedByAll } from './ca-bundle.ts';
import type { CertificateCaches } from './certificate-caches.ts';
import {
  certificatePlan,
  isTrusted,
  LIFETIME_MS,
  ownCAs,
  storeFresh,
  strangersIn,
  type CertificateObservation,
} from './certificate-plan.ts';
import { marksOf, type SecretOf } from './certificate-secret.ts';
import { makeCertificate } from './certificate.ts';
import type { ServedCertificate } from './served-certificate.ts';
import { Sightings } from './sightings.ts';

/** Keeps a certificate of our own: observes, plans and applies, as long as the webhook serves. */
export interface CertificateKeeper {
  /** For readiness: why the API server cannot reach us yet. Once it could, nothing any more. */
  untrusted(): string | undefined;
  /** Runs until the signal aborts. The caches are started by somebody else. */
  run(signal: AbortSignal): Promise<void>;
}

/** After a write the watches tell of it; where they don't, this looks again. */
const UNTOLD_MS = 10_000;
/** Whoever writes against us, nobody is kept busy by it. */
const PAUSE_MS = 250;
const BACKOFF = { firstMs: 1_000, limitMs: 60_000 };

/** Nothing starts before `run`. */
export function createCertificateKeeper(options: {
  of: SecretOf;
  hosts: readonly string[];
  caches: CertificateCaches;
  writer: Writer;
  served: ServedCertificate;
  clock: Clock;
  log: Log;
}): CertificateKeeper {
  const { hosts, caches, writer, served, clock, log } = options;
  const { certificateSecret, mutatingConfiguration, validatingConfiguration } = caches;
  const trusted = new Sightings(clock);
  const strange = new Sightings(clock);
  let { of } = options;
  let reached = false;
  let wake = (): void => undefined;

  const configurations = (): CertificateObservation['configurations'] =>
    [mutatingConfiguration, validatingConfiguration].flatMap((cache) => [...cache.values()]);

  const observe = (): CertificateObservation => {
    const sight = {
      now: clock.now(),
      hosts,
      secret: certificateSecret.get(`${of.namespace}/${of.name}`),
      serving: served.current,
    };
    const present = configurations();
    trusted.see(trustedByAll(present));
    strange.see(strangersIn(present, ownCAs(sight)));
    const { ms: trustedMs } = trusted;
    return { ...sight, of, configurations: present, trustedMs, strangeMs: strange.ms };
  };

  /** One step. Returns after how many ms the next one is due, unless something happens. */
  const step = async (signal: AbortSignal): Promise<number> => {
    const observation = observe();
    const { serve, issue, writes, reason, requeueAfterMs } = certificatePlan(observation);
    if (serve !== undefined) {
      served.take(serve);
      reached ||= isTrusted(serve, observation.trustedMs);
    }
    if (issue) {
      const fresh = await makeCertificate(hosts, new Date(observation.now), LIFETIME_MS);
      await writer.apply([storeFresh(observation, fresh)], { signal });
      log.info('made a certificate', { why: reason, notAfter: fresh.notAfter.toISOString() });
      return UNTOLD_MS;
    }
    if (writes.length === 0) return requeueAfterMs ?? UNTOLD_MS;
    await writer.apply(writes, { signal });
    log.info(reason);
    return UNTOLD_MS;
  };

  return {
    untrusted() {
      if (reached) return undefined;
      const present = configurations().map(({ kind, metadata }) => `${kind} "${metadata.name}"`);
      const unread = unlisted({ ...caches });
      if (unread !== undefined) return unread;
      return present.length === 0
        ? `there is no webhook configuration "${of.instance}" yet`
        : `the CA of our certificate is not in all of ${present.join(', ')} yet`;
    },

    async run(signal) {
      const all = Object.values({ ...caches });
      certificateSecret.onChange(({ object }) => {
        // One without them may be made by a replica that had not seen the former one.
        const marks = marksOf(object);
        if (marks !== undefined) of = { ...of, marks };
      });
      for (const cache of all) {
        cache.onChange(() => {
          observe();
          wake();
        });
      }
      await Promise.all(all.map(({ synced }) => synced));
      let failures = 0;
      while (!isAborted(signal)) {
        const woken = new AbortController();
        wake = () => {
          woken.abort();
        };
        let waitMs: number;
        try {
          waitMs = await step(signal);
          failures = 0;
        } catch (error) {
          if (isAborted(signal)) return;
          failures += 1;
          waitMs = backoffMs(failures, BACKOFF);
          // Another replica was first, and the watches will tell of it.
          if (!hasCode(error, 409)) {
            log.warn('cannot keep the certificate; will try again', {
              error: messageOf(error),
              waitMs: Math.round(waitMs),
            });
          }
        }
        await delay(clock, PAUSE_MS, signal);
        await delay(clock, waitMs - PAUSE_MS, AbortSignal.any([signal, woken.signal]));
      }
    },
  };
}
