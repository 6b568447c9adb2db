import { dirname } from 'node:path';
import { UserError } from '../src/errors.ts';
import { type CommandResult, tryCommand } from './cluster/commands.ts';

/**
 * kubectl as a user runs it, against one cluster, for the demo and for tests; each argument is a
 * string of its own. A failure is a UserError with all that kubectl said.
 */
export interface Kubectl {
  /** Standard output of kubectl. */
  (...args: readonly string[]): Promise<string>;
  /** Gives it an object as `-f -`: `feed('apply', pod)`. All that kubectl said, warnings included. */
  feed(...args: [...flags: string[], object: object]): Promise<string>;
}

/** The kubectl of a cluster, with the administrator's rights. */
export function createKubectl({
  kubectl,
  kubeconfig,
  namespace,
}: {
  /** Path of the program. */
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** That of commands that name none. */
  readonly namespace?: string;
}): Kubectl {
  // Its cache goes with the cluster and not into the home of whoever runs us, whose preferences
  // (kuberc) and proxies are none of its business either.
  const env = { HOME: dirname(kubeconfig) };
  const flags = ['--kubeconfig', kubeconfig];
  if (namespace !== undefined) flags.push('--namespace', namespace);
  const run = async (args: readonly string[], input?: string): Promise<CommandResult> => {
    const options = input === undefined ? { env } : { env, input };
    const result = await tryCommand(kubectl, [...flags, ...args], options);
    if (result.code === 0) return result;
    throw new UserError(`kubectl ${args.join(' ')}: ${result.stderr.trim()}`);
  };
  return Object.assign(async (...args: readonly string[]) => (await run(args)).stdout, {
    async feed(...args: [...flags: string[], object: object]) {
      const words = args.slice(0, -1) as string[];
      // JSON is YAML: an object needs no other form.
      const { stdout, stderr } = await run([...words, '-f', '-'], JSON.stringify(args.at(-1)));
      return stdout + stderr;
    },
  });
}

/** Standard output of a command in a container. */
export function execIn(
  kubectl: Kubectl,
  where: { readonly pod: string; readonly container: string },
  ...command: readonly string[]
): Promise<string> {
  return kubectl('exec', where.pod, '-c', where.container, '--', ...command);
}
