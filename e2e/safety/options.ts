import { UserError } from '../../src/errors.ts';
import { parseFlags } from '../program.ts';
import type { Example } from './example.ts';
import { ROUND_SIZE } from './plan.ts';

/** What the user asked for. */
export type Invocation = { readonly kind: 'help' } | ({ readonly kind: 'run' } & SafetyOptions);

export interface SafetyOptions {
  readonly runs: number;
  /** Of the first round. */
  readonly seed: number;
  readonly example: Example['name'];
  /** The finalizer Job exits 0 at once: losses that must be found. */
  readonly plantedLoss: boolean;
}

/** The text of `--help`. */
export const usage = `npm run safety -- [FLAG ...]

Lets Pods write lines, lets faults befall them, their sidecars, their finalizer Jobs, the backend,
the operator and the node, and compares what the backend has with what is in the files of their
volumes. Needs a real node (root on Linux). Prints a JSON line for each run, and a table. Ends with
0 only if no line was lost, none was invented, nothing is left, no claim was released without a
drain, and every fault took effect in a tenth of the runs.

  --runs N                        how many; ${ROUND_SIZE} of them are a round (default ${ROUND_SIZE})
  --seed S                        of the first round, 1 by default; those that follow have S+1, S+2
                                  and so on. The same seed gives the same faults and lines
  --example log-collection|demo   shipper and backend: OpenTelemetry Collector and Loki (default), or
                                  the light ones of the demo, which need no build
  --planted-loss                  finalizer Jobs that exit 0 at once, and no backend while Pods run: the
                                  loss must be found. Ends with 1 when it is, with 2 when it is not
  --help                          print this and exit
`;

const flags = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  example: { type: 'string' },
  'planted-loss': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments behind the program's name; what they can't mean is a UserError. */
export function parseOptions(argv: readonly string[]): Invocation {
  const values = parseFlags(argv, flags);
  if (values.help === true) return { kind: 'help' };
  const { runs = String(ROUND_SIZE), seed = '1', example = 'log-collection' } = values;
  if (example !== 'demo' && example !== 'log-collection') {
    throw new UserError(`--example is log-collection or demo, not "${example}" (see --help)`);
  }
  return {
    kind: 'run',
    runs: wholeNumber('--runs', runs, 1, 10_000),
    seed: wholeNumber('--seed', seed, 0, 1_000_000_000),
    example,
    plantedLoss: values['planted-loss'] ?? false,
  };
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new UserError(`${flag} is a number from ${least} to ${most}, not "${text}" (see --help)`);
}
