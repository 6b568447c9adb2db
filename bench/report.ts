import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { picture, type Panel } from './picture.ts';
import { summarize, type Measured, type Summary } from './statistics.ts';

/** What was found of one subject: a number by name, such as `p50`. */
export type Numbers = Readonly<Record<string, number>>;

/** Where a measurement says what it finds. */
export interface Report {
  /** Folder outside the repository for pictures, logs and profiles. */
  readonly folder: string;
  /** What is under way. */
  step(text: string): void;
  /** A case with what was found of each subject: a JSON line now, and rows of the table at the end. */
  found(name: string, subjects: Readonly<Record<string, Numbers>>): void;
  /** Latencies of a case, for the same and for the picture. */
  latencies<Name extends string>(
    name: string,
    subjects: Readonly<Record<Name, Measured>>,
  ): Readonly<Record<Name, Summary>>;
  /** What a number should be. */
  target(what: string, value: number, limit: { atMost: number } | { atLeast: number }): void;
  /** How many numbers are not what they should be. */
  missed(): number;
  /** The table, the targets and the picture. */
  end(): Promise<void>;
}

export async function createReport(
  bench: string,
  folder: string | undefined,
  say: (line: string) => void,
): Promise<Report> {
  const startedAt = performance.now();
  const out = folder ?? join(tmpdir(), 'fluent-pvc-bench');
  await mkdir(out, { recursive: true });
  const rows: Row[] = [];
  const panels: Panel[] = [];
  const targets: string[] = [];

  const found: Report['found'] = (name, subjects) => {
    say(
      JSON.stringify({
        bench,
        case: name,
        ...mapped(subjects, (numbers) => mapped(numbers, round)),
      }),
    );
    for (const [subject, numbers] of Object.entries(subjects))
      rows.push({ name, subject, numbers });
  };
  return {
    folder: out,
    step(text) {
      say(`[${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s] ${text}`);
    },
    found,
    latencies(name, subjects) {
      const summaries = mapped(subjects, summarize);
      found(
        name,
        mapped(summaries, (summary: Summary) => ({ ...summary })),
      );
      panels.push({ title: `${bench}: ${name}`, lines: subjects });
      return summaries;
    },
    target(what, value, limit) {
      const [word, bound, met] =
        'atMost' in limit
          ? ['at most', limit.atMost, value <= limit.atMost]
          : ['at least', limit.atLeast, value >= limit.atLeast];
      targets.push(`${met ? 'met   ' : 'MISSED'}  ${what}: ${round(value)}, ${word} ${bound}`);
    },
    missed: () => targets.filter((line) => line.startsWith('MISSED')).length,
    async end() {
      say(`\n${table(rows)}\n`);
      for (const line of targets) say(line);
      if (panels.length === 0) return;
      const file = join(out, `${bench}.svg`);
      await writeFile(file, picture(panels));
      say(`latencies are drawn in ${file}`);
    },
  };
}

interface Row {
  readonly name: string;
  readonly subject: string;
  readonly numbers: Numbers;
}

/** Rows as a table of Markdown, with a column for each number that any of them has. */
function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(({ numbers }) => Object.keys(numbers)))];
  const cells = [
    ['case', 'of', ...columns],
    ...rows.map(({ name, subject, numbers }) => [
      name,
      subject,
      ...columns.map((column) =>
        String(numbers[column] === undefined ? '' : round(numbers[column])),
      ),
    ]),
  ];
  const widths = ['case', 'of', ...columns].map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lines = cells.map(
    (row) =>
      `| ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/** To three digits: more is noise. */
function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function mapped<Name extends string, T, U>(
  record: Readonly<Record<Name, T>>,
  change: (value: T) => U,
): Record<Name, U> {
  return Object.fromEntries(
    Object.entries<T>(record).map(([key, value]) => [key, change(value)]),
  ) as Record<Name, U>;
}
