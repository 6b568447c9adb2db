import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../../src/errors.ts';
import type { Nodes } from './cluster-config.ts';

/** What the user asked for. */
export type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'up';
      readonly name: string;
      /** Absent: what the machine can do. */
      readonly nodes: Nodes | undefined;
      readonly apiServerOnly: boolean;
      readonly audit: boolean;
      readonly apiServerArgs: readonly string[];
      readonly kubernetesVersion: string | undefined;
      readonly kubeconfig: string | undefined;
    }
  | { readonly kind: 'down'; readonly name: string; readonly keepLogs: boolean }
  | { readonly kind: 'status'; readonly name: string }
  | {
      readonly kind: 'logs';
      readonly name: string;
      /** All components when absent. */
      readonly component: string | undefined;
      readonly follow: boolean;
    };

/** Name of the cluster when the user names none. */
export const defaultName = 'fluent-pvc';

/** The text of `--help`. */
export const usage = `npm run cluster -- COMMAND [--name NAME]

  up      start a cluster, or say that it runs
          --nodes real | kwok:N     one real node (root on Linux), or N simulated ones; kwok:0 has none
          --api-server-only         etcd and the API server alone
          --kubernetes-version V    1.32 to 1.36; default 1.36.3
          --kubeconfig FILE         also write the kubeconfig there
          --audit                   record requests in the cluster's audit.log
          --api-server-arg ARG      hand ARG to the API server; may be repeated
  down    remove a cluster and all it left, also after a crash
          --keep-logs               but keep its logs
  status  what runs and how it is; exit code 0 only if all is well
  logs    [COMPONENT] [--follow]    what the components say
`;

const flags = {
  name: { type: 'string' },
  nodes: { type: 'string' },
  kubeconfig: { type: 'string' },
  'kubernetes-version': { type: 'string' },
  'api-server-only': { type: 'boolean' },
  'api-server-arg': { type: 'string', multiple: true },
  audit: { type: 'boolean' },
  'keep-logs': { type: 'boolean' },
  follow: { type: 'boolean', short: 'f' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flag = keyof typeof flags;

const allowed = {
  up: [
    ...(['nodes', 'kubeconfig', 'kubernetes-version'] as const),
    ...(['api-server-only', 'api-server-arg', 'audit'] as const),
  ],
  down: ['keep-logs'],
  status: [],
  logs: ['follow'],
} as const satisfies Record<string, readonly Flag[]>;

/** Reads the arguments behind the program's name; what they can't mean is a UserError. */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  const [kind, ...rest] = positionals;
  if (values.help === true || kind === 'help') return { kind: 'help' };
  if (kind === undefined) throw new UserError('say up, down, status or logs (or --help)');
  if (!isCommand(kind))
    throw new UserError(`"${kind}" is not a command; say up, down, status or logs`);
  const surplus = kind === 'logs' ? rest[1] : rest[0];
  if (surplus !== undefined) throw new UserError(`"${surplus}" is one word too many`);
  const known: readonly string[] = ['name', ...allowed[kind]];
  const foreign = Object.keys(values).find((flag) => !known.includes(flag));
  if (foreign !== undefined) throw new UserError(`--${foreign} does not go with ${kind}`);
  const name = values.name ?? defaultName;
  switch (kind) {
    case 'up':
      return {
        kind,
        name,
        nodes: values.nodes === undefined ? undefined : parseNodes(values.nodes),
        apiServerOnly: values['api-server-only'] ?? false,
        audit: values.audit ?? false,
        apiServerArgs: values['api-server-arg'] ?? [],
        kubernetesVersion: parseKubernetesVersion(values['kubernetes-version']),
        kubeconfig: values.kubeconfig,
      };
    case 'down':
      return { kind, name, keepLogs: values['keep-logs'] ?? false };
    case 'status':
      return { kind, name };
    case 'logs':
      return { kind, name, component: rest[0], follow: values.follow ?? false };
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (thrown) {
    // Node's messages have several lines, and a hint about positional arguments that misleads here.
    const line = messageOf(thrown).replace(/\s*\n\s*/g, ' ');
    throw new UserError(line.replace(/\. To specify a positional argument.*$/, ''));
  }
}

function isCommand(text: string): text is keyof typeof allowed {
  return Object.hasOwn(allowed, text);
}

function parseNodes(text: string): Nodes {
  if (text === 'real') return { kind: 'real' };
  const count = /^kwok:(\d{1,5})$/.exec(text)?.[1];
  if (count === undefined) throw new UserError(`--nodes is real or kwok:N, not "${text}"`);
  return { kind: 'kwok', count: Number(count) };
}

function parseKubernetesVersion(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const version = /^v?(\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (version === undefined) {
    throw new UserError(`--kubernetes-version is like 1.36.3, not "${text}"`);
  }
  return version;
}
