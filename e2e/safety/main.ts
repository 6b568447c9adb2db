import { readEnvironment } from '../cluster/environment.ts';
import { runProgram } from '../program.ts';
import { parseOptions, usage } from './options.ts';
import { runSafety } from './safety.ts';

await runProgram('safety', async (argv, context) => {
  const invocation = parseOptions(argv);
  if (invocation.kind === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  return runSafety(invocation, { environment: readEnvironment(), ...context });
});
