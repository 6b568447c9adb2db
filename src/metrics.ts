import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the program counts. Names are controller-runtime's where the meaning is the same. */
export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<{ contentType: string; body: string }>;
  answered: (answer: { route: string; seconds: number; allowed: boolean; reason: string }) => void;
  reconciled: (reconcile: { controller: string; result: string; seconds: number }) => void;
  /** Read when somebody asks for the metrics. */
  queueDepth: (controller: string, read: () => number) => void;
  /** A watch, by name. Read when somebody asks for the metrics. */
  watch: (name: string, health: WatchReading) => void;
  sidecarDeletion: (deletion: { fluentPVC: string; trigger: string }) => void;
  /** Read when somebody asks for the metrics. */
  brakes: (read: () => Iterable<{ fluentPVC: string; on: boolean }>) => void;
}

/** What is read of a watch. */
export interface WatchReading {
  /** ms since it proved alive. */
  readonly silentMs: number;
  /** How often it was opened anew, by reason. */
  readonly ends: ReadonlyMap<string, number>;
}

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const answers = new Counter({
    name: 'fluent_pvc_admission_answers_total',
    help: 'AdmissionReviews answered, by path, whether allowed, and reason of the denial.',
    labelNames: ['path', 'allowed', 'reason'],
    registers,
  });
  const answerSeconds = new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Time to answer an AdmissionReview.',
    labelNames: ['webhook'],
    buckets: SECONDS,
    registers,
  });
  const reconciles = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles, by controller and result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const reconcileSeconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Time of a reconcile.',
    labelNames: ['controller'],
    buckets: SECONDS,
    registers,
  });
  const depths = new Map<string, () => number>();
  new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait for a worker or a deadline, or are worked on.',
    labelNames: ['name'],
    registers,
    collect() {
      for (const [name, read] of depths) this.set({ name }, read());
    },
  });
  const watches = new Map<string, WatchReading>();
  new Gauge({
    name: 'fluent_pvc_watch_silence_seconds',
    help: 'Time since the watch proved alive by an answer, an event or a bookmark; bookmarks come about every minute.',
    labelNames: ['watch'],
    registers,
    collect() {
      for (const [watch, { silentMs }] of watches) this.set({ watch }, silentMs / 1000);
    },
  });
  new Counter({
    name: 'fluent_pvc_watch_reconnects_total',
    help: 'Watches opened anew, by what ended the one before: closed (every five to ten minutes), cut, silent, expired (a list follows), refused, fault.',
    labelNames: ['watch', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [watch, { ends }] of watches) {
        for (const [reason, count] of ends) this.inc({ watch, reason }, count);
      }
    },
  });
  const sidecarDeletions = new Counter({
    name: 'fluent_pvc_sidecar_deletions_total',
    help: 'Pods deleted because of their sidecar, by FluentPVC and trigger.',
    labelNames: ['fluentpvc', 'trigger'],
    registers,
  });
  let readBrakes: () => Iterable<{ fluentPVC: string; on: boolean }> = () => [];
  new Gauge({
    name: 'fluent_pvc_brake_engaged',
    help: '1 where so many sidecars fail that one Pod of the FluentPVC is deleted a minute; else 0.',
    labelNames: ['fluentpvc'],
    registers,
    collect() {
      this.reset();
      for (const { fluentPVC, on } of readBrakes()) this.set({ fluentpvc: fluentPVC }, on ? 1 : 0);
    },
  });
  return {
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    answered({ route, seconds, allowed, reason }) {
      answers.inc({ path: route, allowed: String(allowed), reason });
      answerSeconds.observe({ webhook: route }, seconds);
    },
    reconciled({ controller, result, seconds }) {
      reconciles.inc({ controller, result });
      reconcileSeconds.observe({ controller }, seconds);
    },
    queueDepth(controller, read) {
      depths.set(controller, read);
    },
    watch(name, health) {
      watches.set(name, health);
    },
    sidecarDeletion({ fluentPVC, trigger }) {
      sidecarDeletions.inc({ fluentpvc: fluentPVC, trigger });
    },
    brakes(read) {
      readBrakes = read;
    },
  };
}
