import { UserError } from '../../src/errors.ts';
import { type Environment, readEnvironment } from '../cluster/environment.ts';
import { tryCommand } from '../cluster/commands.ts';
import type { Reporter } from '../cluster/reporter.ts';
import { runProgram } from '../program.ts';
import { runDemo } from './demo.ts';
import { type DemoOptions, type NodeKind, parseOptions, usage } from './options.ts';

await runProgram('demo', async (argv, { reporter, signal }) => {
  const invocation = parseOptions(argv);
  if (invocation.kind === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const environment = readEnvironment();
  const nodes = await chooseNodes(invocation, environment, reporter);
  const ok = await runDemo({ ...invocation, nodes }, { environment, reporter, signal });
  return ok ? 0 : 1;
});

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
