import { UserError } from '../../src/errors.ts';
import { parseFlags } from '../program.ts';

/** What the user asked for. */
export type Invocation = { readonly kind: 'help' } | ({ readonly kind: 'run' } & DemoOptions);

export interface DemoOptions {
  /** Which one of examples/ is played. */
  readonly example: ExampleName;
  /** Absent: real where the machine can do it. */
  readonly nodes: NodeKind | undefined;
  /** Leave cluster and operator at the end. */
  readonly keep: boolean;
  /** Shell command for the finalizer Job in the place of the shipper. */
  readonly finalizerCommand: string | undefined;
}

export type NodeKind = 'real' | 'kwok';
export type ExampleName = 'demo' | 'log-collection';

/** The text of `--help`. */
export const usage = `npm run demo -- [FLAG ...]

Shows this checkout's operator at work on a Kubernetes cluster that it starts by itself: a Pod
buffers lines, its sidecar crashes, the Pod is replaced, a Job ships what was left, the volume goes.
Ends with 0 only if every line arrived and nothing is left.

  --example NAME            which one of examples/: demo, or log-collection, which ships lines to Loki with
                            the OpenTelemetry Collector (a real node; their build takes minutes, once)
  --nodes real|kwok         a real node with real containers (root on Linux), or a simulated one,
                            on which no line is written; without it what this machine can do
  --keep                    leave cluster and operator running, and say how to look around
  --finalizer-command CMD   run CMD as the finalizer Job; \`true\` loses lines, and the tally shows it
  --help                    print this and exit
`;

const flags = {
  example: { type: 'string' },
  nodes: { type: 'string' },
  keep: { type: 'boolean' },
  'finalizer-command': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments behind the program's name; what they can't mean is a UserError. */
export function parseOptions(argv: readonly string[]): Invocation {
  const values = parseFlags(argv, flags);
  if (values.help === true) return { kind: 'help' };
  const { example = 'demo', nodes, keep = false, 'finalizer-command': finalizerCommand } = values;
  if (example !== 'demo' && example !== 'log-collection') {
    throw new UserError(`--example is demo or log-collection, not "${example}" (see --help)`);
  }
  if (nodes !== undefined && nodes !== 'real' && nodes !== 'kwok') {
    throw new UserError(`--nodes is real or kwok, not "${nodes}" (see --help)`);
  }
  if (finalizerCommand?.trim() === '') {
    throw new UserError('--finalizer-command needs a command, such as `true` (see --help)');
  }
  if (example !== 'demo' && finalizerCommand !== undefined) {
    throw new UserError(`--finalizer-command is for --example demo (see --help)`);
  }
  return { kind: 'run', example, nodes, keep, finalizerCommand };
}
