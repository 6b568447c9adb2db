import { messageOf, UserError } from '../../src/errors.ts';
import { type Environment, readEnvironment } from '../cluster/environment.ts';
import { tryCommand } from '../cluster/commands.ts';
import { createReporter, type Reporter } from '../cluster/reporter.ts';
import { runDemo } from './demo.ts';
import { type DemoOptions, type NodeKind, parseOptions, usage } from './options.ts';

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
  process.stderr.write(`demo: ${interrupts.signal.aborted ? 'interrupted' : text}\n`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const invocation = parseOptions(process.argv.slice(2));
  if (invocation.kind === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const environment = readEnvironment();
  const nodes = await chooseNodes(invocation, environment, output);
  const { signal } = interrupts;
  const ok = await runDemo({ ...invocation, nodes }, { environment, reporter: output, signal });
  return ok ? 0 : 1;
}

/** Real nodes where they are possible; a simulated one, and why, where not. */
async function chooseNodes(
  options: DemoOptions,
  environment: Environment,
  reporter: Reporter,
): Promise<NodeKind> {
  const obstacle = options.nodes === undefined ? await obstacleOf(environment) : undefined;
  const nodes = options.nodes ?? (obstacle === undefined ? 'real' : 'kwok');
  if (nodes === 'kwok') {
    if (options.example !== 'demo') {
      throw new UserError(
        `--example ${options.example} needs a real node${obstacle === undefined ? '' : `; ${obstacle}`}`,
      );
    }
    if (options.finalizerCommand !== undefined) {
      throw new UserError(
        `--finalizer-command needs a real node${obstacle === undefined ? '' : `; ${obstacle}`}`,
      );
    }
    reporter.step(
      `${obstacle ?? 'as asked, the node is simulated'}: no container runs, so no lines are ` +
        'written or counted; what you see is what the operator does with Pods, PVCs and Jobs',
    );
  }
  return nodes;
}

/** Why there can be no real node here. */
async function obstacleOf(environment: Environment): Promise<string | undefined> {
  if (environment.platform !== 'linux') return 'a real node needs Linux, so the node is simulated';
  if (!environment.isRoot) return 'a real node needs root, so the node is simulated';
  const namespaces = ['--mount', '--pid', '--fork', '--net', '--uts', '--ipc'];
  const { code } = await tryCommand('unshare', [...namespaces, 'true']);
  if (code === 0) return undefined;
  return 'this machine does not let us make namespaces for a real node, so the node is simulated';
}
