import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { EVENT_LOOP_GAUGES, eventLoopMetrics, type Timers } from './event-loop.ts';

/** What is known of the process as a whole. */
export interface ProcessMetrics {
  /** The process contends for the Lease of that name. Returns who is to be told whether it has it. */
  leadership: (lease: string) => (leads: boolean) => void;
  /** When the certificate that is served ends, in ms since the epoch. Read when somebody asks. */
  certificate: (read: () => number) => void;
}

/** Gauges whose names say that they are counters; `nodejs_active_handles` and the like say the same. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
/** For its own look at the event loop, which is left out, prom-client would wake the process every 10 ms. */
const NEVER_MS = 24 * 3_600_000;

export function processMetrics(
  registry: Registry,
  { version, timers }: { version: string; timers: Timers },
): ProcessMetrics {
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const name of [...MISNAMED, ...EVENT_LOOP_GAUGES]) registry.removeSingleMetric(name);
  eventLoopMetrics(registry, timers);
  new Gauge({
    name: 'fluent_pvc_build_info',
    help: 'Always 1; the label says which version this is.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const leads = new Gauge({
    name: 'leader_election_master_status',
    help: '1 where this process holds the Lease of that name, 0 where it stands by.',
    labelNames: ['name'],
    registers,
  });
  let readCertificate: (() => number) | undefined;
  new Gauge({
    name: 'fluent_pvc_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that the webhook serves ends, in seconds since the epoch.',
    registers,
    collect() {
      // A process without a webhook serves none, and 0 would say that it ended in 1970.
      if (readCertificate === undefined) this.remove();
      else this.set(readCertificate() / 1000);
    },
  });
  return {
    leadership(name) {
      leads.set({ name }, 0);
      return (does) => {
        leads.set({ name }, does ? 1 : 0);
      };
    },
    certificate(read) {
      readCertificate = read;
    },
  };
}
