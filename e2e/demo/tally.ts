/** What the Pods say they wrote, what the backend says it has, and what the cluster still holds. */
export interface Evidence {
  /** By Pod: how many lines it wrote; `undefined` where it ended without saying so. */
  readonly written: ReadonlyMap<string, number | undefined>;
  /** The lines that the backend has, as `POD NUMBER`, in any order. */
  readonly received: readonly string[];
  readonly left: Leftovers;
}

/** Names of what should be gone at the end. */
export interface Leftovers {
  readonly claims: readonly string[];
  readonly bindings: readonly string[];
  readonly jobs: readonly string[];
}

/** The account of a run. */
export interface Tally {
  /** Of all Pods; `undefined` when one of them did not say. */
  readonly written: number | undefined;
  readonly writers: readonly Writer[];
  /** Different lines. */
  readonly received: number;
  /** Deliveries of a line beyond its first: what "at least once" allows. */
  readonly duplicates: number;
  /** Written and not received. */
  readonly lost: number;
  /** Received and not written by anybody: a broken line, a Pod that nobody saw. */
  readonly strange: readonly string[];
  readonly left: Leftovers;
}

/** A Pod's share. */
export interface Writer {
  readonly pod: string;
  readonly written: number | undefined;
  readonly lost: number;
}

/** Compares line by line: the same number of other lines would not do. Pure. */
export function tallyOf({ written, received, left }: Evidence): Tally {
  const unique = new Set(received);
  const expected = new Set<string>();
  const writers = [...written].map(([pod, count]): Writer => {
    let lost = 0;
    for (let number = 1; number <= (count ?? 0); number++) {
      const line = `${pod} ${number}`;
      expected.add(line);
      if (!unique.has(line)) lost++;
    }
    return { pod, written: count, lost };
  });
  const silent = writers.some((writer) => writer.written === undefined);
  const known = new Set(writers.flatMap((each) => (each.written === undefined ? [] : [each.pod])));
  // Nothing can be said of the lines of a Pod that did not say how many there are.
  const strange = [...unique].filter((line) => {
    const [pod = ''] = line.split(' ');
    return !expected.has(line) && (known.has(pod) || !written.has(pod));
  });
  return {
    written: silent ? undefined : expected.size,
    writers,
    received: unique.size,
    duplicates: received.length - unique.size,
    lost: writers.reduce((sum, writer) => sum + writer.lost, 0),
    strange,
    left,
  };
}

/** Why the run failed, a sentence each; none when nothing was lost and nothing is left. Pure. */
export function faultsOf(tally: Tally): readonly string[] {
  const faults: string[] = [];
  for (const { pod, written, lost } of tally.writers) {
    if (written === undefined) {
      faults.push(`Pod ${pod} ended without saying how many lines it wrote: nothing is proven`);
    } else if (lost > 0) {
      faults.push(`${lost} of the ${written} lines of Pod ${pod} were lost`);
    }
  }
  if (tally.written === 0) faults.push('no line was written: nothing is proven');
  if (tally.strange.length > 0) {
    const [first = ''] = tally.strange;
    faults.push(
      `${tally.strange.length} lines were received that nobody wrote, such as "${first}"`,
    );
  }
  return [...faults, ...leftoverFaults(tally.left)];
}

/** What should be gone and is not, a sentence each. Pure. */
export function leftoverFaults(left: Leftovers): readonly string[] {
  const groups: readonly (readonly [string, readonly string[]])[] = [
    ['PVC', left.claims],
    ['binding', left.bindings],
    ['finalizer Job', left.jobs],
  ];
  return groups.flatMap(([what, names]) => names.map((name) => `${what} ${name} is left`));
}

/** The account as a small table. Pure. */
export function tallyTable(tally: Tally): readonly string[] {
  const shares = tally.writers.map(({ pod, written }) => `${pod}: ${written ?? 'unknown'}`);
  const repeated = `${tally.duplicates} more than once`;
  return [
    row('lines written', tally.written ?? 'unknown', shares.join(', ')),
    row('lines received', tally.received, tally.duplicates === 0 ? '' : repeated),
    row('lines lost', tally.written === undefined ? 'unknown' : tally.lost, ''),
    ...leftoverTable(tally.left),
  ];
}

/** What is left, as rows of the table. Pure. */
export function leftoverTable({ claims, bindings, jobs }: Leftovers): readonly string[] {
  return [
    row('PVCs left', claims.length, claims.join(', ')),
    row('bindings left', bindings.length, bindings.join(', ')),
    row('Jobs left', jobs.length, jobs.join(', ')),
  ];
}

function row(what: string, value: number | string, details: string): string {
  const text = `  ${what.padEnd(16)}${String(value).padStart(8)}`;
  return details === '' ? text : `${text}   (${details})`;
}
