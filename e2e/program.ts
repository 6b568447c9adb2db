import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf, UserError } from '../src/errors.ts';
import { createReporter, type Reporter } from './cluster/reporter.ts';

/*
 * What the programs of e2e/ that play something have in common: the demo and the safety runs.
 */

/** What a program is given. */
export interface ProgramContext {
  readonly reporter: Reporter;
  /** Aborts, with what to tell, when the user interrupts it: take everything down and end. */
  readonly signal: AbortSignal;
}

/**
 * Runs a program until it returns its exit code. A fault is one line that begins with its name, with a
 * stack where nobody expected it; an interruption is one, too.
 */
export async function runProgram(
  name: string,
  main: (argv: readonly string[], context: ProgramContext) => Promise<number>,
): Promise<void> {
  const reporter = createReporter(process.stdout, () => Date.now());
  const interrupts = new AbortController();
  const { signal } = interrupts;
  for (const each of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: a second Ctrl-C would end us before everything is taken down.
    process.on(each, () => {
      if (!signal.aborted) reporter.step('interrupted: taking everything down');
      interrupts.abort(new UserError('interrupted'));
    });
  }
  try {
    process.exitCode = await main(process.argv.slice(2), { reporter, signal });
  } catch (thrown) {
    const expected = thrown instanceof UserError || signal.aborted;
    const text = expected ? messageOf(thrown) : ((thrown as Error).stack ?? messageOf(thrown));
    process.stderr.write(`${name}: ${signal.aborted ? 'interrupted' : text}\n`);
    process.exitCode = 1;
  }
}

/** Values of the flags; what is none of them is a UserError of one line. */
export function parseFlags<T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values'] {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (thrown) {
    const [line = ''] = (thrown as Error).message.split('\n');
    throw new UserError(`${line.replace(/\. (?:To specify|This command).*$/, '')} (see --help)`);
  }
}
