/** What was measured of requests of one kind. */
export interface Measured {
  /** Of each request, in ms. */
  readonly ms: readonly number[];
  /** How long all of them took together, in ms. */
  readonly wallMs: number;
  /** CPU time of the program that answered them; absent where no single one did. */
  readonly cpuMs?: number;
}

/** Latencies in ms, requests a second, and CPU time of a request in ms. */
export interface Summary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly perSecond: number;
  readonly cpu?: number;
}

/** The value that so large a share of the others does not exceed (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  const rank = Math.max(Math.ceil(sorted.length * share), 1);
  return sorted[rank - 1] ?? NaN;
}

export function ascending(values: readonly number[]): number[] {
  return values.toSorted((one, other) => one - other);
}

export function median(values: readonly number[]): number {
  return percentile(ascending(values), 0.5);
}

export function summarize({ ms, wallMs, cpuMs }: Measured): Summary {
  const sorted = ascending(ms);
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? NaN,
    perSecond: ms.length / (wallMs / 1000),
    ...(cpuMs === undefined ? {} : { cpu: cpuMs / ms.length }),
  };
}

/** All of it as if it were one measurement. */
export function together(parts: readonly Measured[]): Measured {
  const sum = (of: (part: Measured) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return {
    ms: parts.flatMap(({ ms }) => ms),
    wallMs: sum(({ wallMs }) => wallMs),
    ...(parts.some(({ cpuMs }) => cpuMs === undefined)
      ? {}
      : { cpuMs: sum(({ cpuMs = 0 }) => cpuMs) }),
  };
}
