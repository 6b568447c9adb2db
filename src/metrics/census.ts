import { Gauge, type Registry } from 'prom-client';

/** Claims with something on them that nobody has shipped yet. */
export interface Undrained {
  claims: number;
  /** Capacity of their volumes, as far as these are known. */
  bytes: number;
  /** Age of the oldest in ms: since it was made, or, where it waits, since its Pod was over. */
  oldestMs: number;
}

/**
 * `inUse`: the Pod is there, or may be. `waiting`: the Pod is over, and no finalizer Job has succeeded
 * yet. Claims that are drained and only Terminating are neither.
 */
export type UndrainedState = 'inUse' | 'waiting';

/** How the bindings and claims of one FluentPVC stand. */
export interface Standing {
  /** How many bindings are in which phase. */
  phases: ReadonlyMap<string, number>;
  undrained: Record<UndrainedState, Undrained>;
  /** Bindings whose Pod is gone, or should be, while its containers may go on writing. */
  writersMayBeAlive: number;
  /** Bindings whose drain does not get under way, by reason. */
  stalled: ReadonlyMap<string, number>;
  /** Bindings for which no further finalizer Job is made unless by hand. */
  exhausted: number;
  /** Is one Pod deleted a minute, because so many sidecars fail? */
  braked: boolean;
}

/** By name of the FluentPVC. */
export type Census = ReadonlyMap<string, Standing>;

/** How bindings and claims stand. */
export interface CensusMetrics {
  /** Read once a scrape; empty where another process leads. */
  census: (read: () => Census) => void;
  /** To be called before the metrics are read. */
  refresh: () => void;
}

/** `expect` is told the name of each FluentPVC that there is. */
export function censusMetrics(
  registry: Registry,
  expect: (fluentPVC: string) => void,
): CensusMetrics {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    ...labels: Label[]
  ): Gauge<'fluentpvc' | Label> =>
    new Gauge({ name, help, labelNames: ['fluentpvc', ...labels], registers: [registry] });

  const phases = gauge('fluent_pvc_bindings', 'FluentPVCBindings by phase.', 'phase');
  const claims = gauge(
    'fluent_pvc_undrained_claims',
    'Claims that are not drained: in_use (the Pod is there, or may be) or waiting (it is over).',
    'state',
  );
  const bytes = gauge(
    'fluent_pvc_undrained_bytes',
    'Capacity of the volumes of claims that are not drained; how much is on them is not known.',
    'state',
  );
  const oldest = gauge(
    'fluent_pvc_undrained_oldest_age_seconds',
    'Age of the oldest claim that is not drained: in_use since it was made, waiting since its Pod was over.',
    'state',
  );
  const alive = gauge(
    'fluent_pvc_writers_may_be_alive',
    'Pods that are gone, or should be, whose containers may go on writing: most often on a dead node.',
  );
  const stalled = gauge(
    'fluent_pvc_drains_stalled',
    'Drains that do not get under way, by reason of the condition DrainStalled.',
    'reason',
  );
  const exhausted = gauge(
    'fluent_pvc_drains_exhausted',
    'Drains whose last attempt has failed (finalization.attempts): people decide.',
  );
  const braked = gauge(
    'fluent_pvc_brake_engaged',
    '1 where so many sidecars fail that one Pod of the FluentPVC is deleted a minute; else 0.',
  );
  const all = [phases, claims, bytes, oldest, alive, stalled, exhausted, braked];

  const set = (fluentpvc: string, standing: Standing): void => {
    for (const [phase, count] of standing.phases) phases.set({ fluentpvc, phase }, count);
    const { inUse, waiting } = standing.undrained;
    for (const [state, undrained] of Object.entries({ in_use: inUse, waiting })) {
      claims.set({ fluentpvc, state }, undrained.claims);
      bytes.set({ fluentpvc, state }, undrained.bytes);
      oldest.set({ fluentpvc, state }, undrained.oldestMs / 1000);
    }
    alive.set({ fluentpvc }, standing.writersMayBeAlive);
    for (const [reason, count] of standing.stalled) stalled.set({ fluentpvc, reason }, count);
    exhausted.set({ fluentpvc }, standing.exhausted);
    braked.set({ fluentpvc }, standing.braked ? 1 : 0);
  };

  let readCensus: () => Census = () => new Map();
  return {
    census(read) {
      readCensus = read;
    },
    refresh() {
      // What is gone is not shown any more, and neither is anything once another process leads.
      for (const one of all) one.reset();
      for (const [fluentPVC, standing] of readCensus()) {
        expect(fluentPVC);
        set(fluentPVC, standing);
      }
    },
  };
}
