import { parseArgs } from 'node:util';
import { UserError } from '../src/errors.ts';
import { createReport, type Report } from './report.ts';

/** What a measurement is told: numbers, lists of numbers, and words. */
export type Sizes = Readonly<Record<string, number | readonly number[] | string>>;

/** One measurement, which prints one JSON line a case. */
export interface Bench {
  readonly name: string;
  /** What it measures, in a sentence. */
  readonly what: string;
  /** Its flags with their defaults: what a full run takes. */
  readonly sizes: Sizes;
  /** @throws UserError for flags that it does not know */
  run(flags: readonly string[], say: (line: string) => void): Promise<void>;
}

export function defineBench<T extends Sizes>({
  name,
  what,
  sizes: defaults,
  measure,
}: {
  readonly name: string;
  readonly what: string;
  readonly sizes: T;
  readonly measure: (sizes: T, report: Report) => Promise<void>;
}): Bench {
  return {
    name,
    what,
    sizes: defaults,
    async run(flags, say) {
      const { sizes, out } = readSizes(defaults, flags);
      say(`\n=== ${name}: ${what}`);
      const report = await createReport(name, out, say);
      await measure(sizes, report);
      await report.end();
    },
  };
}

/**
 * The sizes as the flags say, each of the kind of its default: `--clients 1,32 --samples 100`.
 *
 * @throws UserError for a flag that there is not, or a value that is no number
 */
function readSizes<T extends Sizes>(
  defaults: T,
  args: readonly string[],
): { sizes: T; out: string | undefined } {
  const names = [...Object.keys(defaults), 'out'];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parse(args, options);
  const sizes = Object.fromEntries(
    Object.entries(defaults).map(([name, size]) => {
      const text = values[name];
      return [name, text === undefined ? size : read(name, text, size)];
    }),
  );
  return { sizes: sizes as T, out: values.out };
}

function parse(
  args: readonly string[],
  options: Record<string, { type: 'string' }>,
): { values: Record<string, string | undefined> } {
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new UserError(
      `${(error as Error).message} (flags: --${Object.keys(options).join(' --')})`,
    );
  }
}

function read(name: string, text: string, like: Sizes[string]): Sizes[string] {
  if (typeof like === 'string') return text;
  const numbers = text.split(',').map(Number);
  const [number = NaN] = numbers;
  if (numbers.some((each) => !Number.isInteger(each) || each < 0)) {
    throw new UserError(`--${name} is for whole numbers, not "${text}"`);
  }
  return typeof like === 'number' ? number : numbers;
}
