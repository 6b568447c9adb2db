import { Counter, Gauge, type Registry } from 'prom-client';

/** What is read of a watch. */
export interface WatchReading {
  /** ms since it proved alive. */
  readonly silentMs: number;
  /** How often it was opened anew, by reason. */
  readonly ends: ReadonlyMap<string, number>;
}

/** How the watches are. */
export interface WatchMetrics {
  /** There is a watch of that name, which is read when somebody asks. */
  watch: (name: string, reading: WatchReading) => void;
}

export function watchMetrics(registry: Registry): WatchMetrics {
  const registers = [registry];
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
  return {
    watch(name, reading) {
      watches.set(name, reading);
    },
  };
}
