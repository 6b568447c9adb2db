/** What the file of a volume has when nobody writes to it any more. */
export interface Written {
  /** Every line that has its end. */
  readonly lines: readonly string[];
  /** What follows the last of them: a line that its writer could not complete. */
  readonly rest: string;
}

/** What became of the lines of one Pod. */
export interface Account {
  /** Written. */
  readonly lines: number;
  /** Every delivery that the backend keeps. */
  readonly received: number;
  /** Written, and not received. */
  readonly lost: readonly string[];
  /** Deliveries of a line beyond its first: what "at least once" allows; none are seen where one is kept. */
  readonly duplicated: number;
  /** Received, and written by nobody. */
  readonly strange: readonly string[];
}

/** The lines of a file's content. Pure. */
export function writtenIn(content: string): Written {
  const lines = content.split('\n');
  const rest = lines.pop() ?? '';
  return { lines, rest };
}

/** Compares line by line: the same number of other lines would not do. Pure. */
export function accountOf({ lines, rest }: Written, received: readonly string[]): Account {
  const expected = new Set(lines);
  const unique = new Set(received);
  return {
    lines: lines.length,
    received: received.length,
    lost: lines.filter((line) => !unique.has(line)),
    duplicated: received.length - unique.size,
    // A shipper may take what stands at the end of the file for a line: it is in the file.
    strange: [...unique].filter((line) => !expected.has(line) && line !== rest),
  };
}
