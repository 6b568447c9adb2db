/** The network between the machine and one cluster's node. */
export interface Subnet {
  /** Address of this machine in it. */
  readonly host: string;
  /** Address of the node. */
  readonly node: string;
  readonly prefix: number;
}

/** A range of IPv4 addresses, both ends included, as 32-bit numbers. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The first of 256 candidates that overlaps with nothing in use (`a.b.c.d/n` or `a.b.c.d`), or
 * undefined when there is none. Ranges inside every cluster count as used: a node that has one of
 * them on its outside would not find its Pods.
 */
export function chooseSubnet(inUse: readonly string[]): Subnet | undefined {
  const ranges = inUse.map(rangeOf).filter((range) => range !== undefined);
  for (let index = 0; index < 256; index++) {
    const base = `10.214.${index}`;
    const candidate = rangeOf(`${base}.0/24`);
    if (candidate === undefined) continue;
    const clash = ranges.some(
      (range) => range.first <= candidate.last && candidate.first <= range.last,
    );
    if (!clash) return { host: `${base}.1`, node: `${base}.2`, prefix: 24 };
  }
  return undefined;
}

function rangeOf(text: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const address = match.slice(1, 5).reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(match[5] ?? '32'));
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}
