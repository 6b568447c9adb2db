/** Numbers that follow from a seed and from nothing else. */
export interface Random {
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number;
  /** True that often, of 1. */
  readonly chance: (part: number) => boolean;
  readonly pick: <T>(from: readonly [T, ...T[]]) => T;
  readonly shuffled: <T>(items: readonly T[]) => T[];
}

/** Mulberry32: 32 bits of state are enough for plans, and it is the same on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  /** 0 included, 1 not. */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1));
  return {
    between,
    chance: (part) => next() < part,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    shuffled(items) {
      // Each goes to a place among those before it.
      const result: (typeof items)[number][] = [];
      for (const item of items) result.splice(between(0, result.length), 0, item);
      return result;
    },
  };
}
