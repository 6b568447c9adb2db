import type { Stored } from '../../src/api/object.ts';
import { withLease, type Lease, type LeaseOptions } from '../../src/kube/lease.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { memoryApi, type MemoryApi, type Refusal } from './memory-api.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';

export const ref = { kind: 'Lease', namespace: 'ops', name: 'operator' } as const;

export function lease(spec: Lease['spec']): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator', namespace: 'ops' },
    spec: { leaseDurationSeconds: 15, ...spec },
  };
}
export const held = lease({ holderIdentity: 'other', renewTime: 'r1', leaseTransitions: 4 });

/** What a process asks for the Lease with, and hands nothing on. */
export function leasing({
  api,
  clock,
  log = memoryLog(),
}: {
  api: MemoryApi;
  clock: FakeClock;
  log?: MemoryLog;
}): LeaseOptions {
  return { ref, identity: 'me', client: api, clock, log, handover: undefined };
}

export interface Running {
  api: MemoryApi;
  clock: FakeClock;
  log: MemoryLog;
  /** What happened to `lead`: started, aborted. */
  led: string[];
  stop: AbortController;
  done: Promise<void>;
}

export async function running(before: Lease | undefined, refuse?: Refusal): Promise<Running> {
  const api = memoryApi(...(before === undefined ? [] : [before]));
  if (refuse !== undefined) api.refuse = refuse;
  const clock = new FakeClock();
  const log = memoryLog();
  const led: string[] = [];
  const stop = new AbortController();
  const lead = (signal: AbortSignal): Promise<void> => {
    led.push('started');
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        led.push('aborted');
        resolve();
      });
    });
  };
  const done = withLease(leasing({ api, clock, log }), lead, stop.signal);
  await settle();
  return { api, clock, log, led, stop, done };
}
export const stored = (api: MemoryApi): Stored<Lease> =>
  api.find('Lease', ref.name) as Stored<Lease>;
