import { messageOf, UserError } from '../../src/errors.ts';
import { readEnvironment } from '../cluster/environment.ts';
import { createReporter } from '../cluster/reporter.ts';
import { parseOptions, usage } from './options.ts';
import { runSafety } from './safety.ts';

const output = createReporter(process.stdout, () => Date.now());
const interrupts = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Not once: a second Ctrl-C would end us before everything is taken down.
  process.on(signal, () => {
    if (!interrupts.signal.aborted) output.step('interrupted: taking everything down');
    interrupts.abort(new UserError('interrupted'));
  });
}
try {
  process.exitCode = await main();
} catch (thrown) {
  const expected = thrown instanceof UserError || interrupts.signal.aborted;
  const text = expected ? messageOf(thrown) : ((thrown as Error).stack ?? messageOf(thrown));
  process.stderr.write(`safety: ${interrupts.signal.aborted ? 'interrupted' : text}\n`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const invocation = parseOptions(process.argv.slice(2));
  if (invocation.kind === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const { signal } = interrupts;
  const context = { environment: readEnvironment(), reporter: output, signal };
  return runSafety(invocation, context);
}
