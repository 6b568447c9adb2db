import type { Binding } from '../src/api/binding.ts';
import type { Claim } from '../src/api/claim.ts';
import type { Job } from '../src/api/job.ts';
import type { KubeObject } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Kind } from '../src/api/resources.ts';
import type { Clock } from '../src/clock.ts';
import { messageOf, UserError } from '../src/errors.ts';
import { type Cache, createCache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { silentLog } from '../src/log.ts';

/** What is waited for, and what to say when it does not come. */
export interface Expectation<T> {
  /** Such as `the PVC of Pod "a" to be Bound`. */
  readonly what: string;
  /** Asked at every change; anything but `undefined` is what was waited for. */
  readonly probe: () => T | undefined;
  /** What was seen in its place. */
  readonly otherwise: () => string;
  /** Milliseconds; 120 s when absent. */
  readonly timeout?: number;
}

/** The objects of a cluster that matter here, as its watches show them. */
export interface Observer {
  readonly pods: Cache<Pod>;
  readonly claims: Cache<Claim>;
  readonly bindings: Cache<Binding>;
  readonly jobs: Cache<Job>;
  /** Waits for the state of the cluster to be so; a UserError says what came instead. */
  until: <T>(expectation: Expectation<T>) => Promise<T>;
}

/** Generous: builds and other clusters may use the same machine. */
const PATIENCE_MS = 120_000;

/**
 * Watches all Pods, claims, bindings and Jobs of a cluster, until the signal aborts. Nothing between
 * two looks is missed, as it would be by asking again and again: a Pod's last status is seen though
 * the Pod is gone a moment later. The CustomResourceDefinitions must be there already.
 */
export async function observe(
  { client, clock }: { readonly client: KubeClient; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Observer> {
  const cacheOf = <T extends KubeObject>(kind: Kind): Cache<T> =>
    createCache<T>({ client, clock, kind, log: silentLog, trim: (object) => object });
  const pods = cacheOf<Pod>('Pod');
  const claims = cacheOf<Claim>('PersistentVolumeClaim');
  const bindings = cacheOf<Binding>('FluentPVCBinding');
  const jobs = cacheOf<Job>('Job');

  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const look of [...waiting]) look();
  };
  for (const cache of [pods, claims, bindings, jobs]) {
    cache.onChange(changed);
    void cache.start(signal);
  }

  const until = <T>({
    what,
    probe,
    otherwise,
    timeout = PATIENCE_MS,
  }: Expectation<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        waiting.delete(look);
        clearTimeout(timer);
        signal.removeEventListener('abort', interrupted);
        settle();
      };
      const look = (): void => {
        try {
          const found = probe();
          if (found !== undefined) {
            finish(() => {
              resolve(found);
            });
          }
        } catch (thrown) {
          finish(() => {
            reject(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
          });
        }
      };
      const fail = (message: string) => (): void => {
        finish(() => {
          reject(new UserError(message));
        });
      };
      const interrupted = (): void => {
        fail(`interrupted while waiting for ${what}: ${messageOf(signal.reason)}`)();
      };
      const timer = setTimeout(() => {
        fail(`waited ${timeout / 1000} s for ${what}; instead: ${otherwise()}`)();
      }, timeout);
      signal.addEventListener('abort', interrupted, { once: true });
      waiting.add(look);
      if (signal.aborted) interrupted();
      else look();
    });

  const all = [pods, claims, bindings, jobs].map((cache) => cache.synced);
  await Promise.race([Promise.all(all), aborted(signal)]);
  return { pods, claims, bindings, jobs, until };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => {
      reject(new UserError(`interrupted: ${messageOf(signal.reason)}`));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
