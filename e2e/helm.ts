import { dirname, join } from 'node:path';
import { UserError } from '../src/errors.ts';
import { tryCommand } from './cluster/commands.ts';
import type { Reporter } from './cluster/reporter.ts';
import { obtainTool } from './tools.ts';

/**
 * helm as a user runs it, against one cluster; each argument is a string of its own. Resolves to its
 * standard output; a failure is a UserError with all that helm said.
 */
export type Helm = (...args: readonly string[]) => Promise<string>;

/** The chart in a checkout. */
export function chartOf({ checkout }: { readonly checkout: string }): string {
  return join(checkout, 'charts/fluent-pvc-operator');
}

/** The chart of this checkout. */
export const CHART = chartOf({ checkout: join(import.meta.dirname, '..') });

/** Path of a helm, found on this machine, downloaded or built. */
export function obtainHelm(reporter: Reporter): Promise<string> {
  return obtainTool('helm', reporter);
}

/** The helm at that path, with the rights of that kubeconfig. */
export function createHelm({
  helm,
  kubeconfig,
  home = dirname(kubeconfig),
}: {
  readonly helm: string;
  readonly kubeconfig: string;
  /** Repositories and plugins of whoever runs us are none of its business. */
  readonly home?: string;
}): Helm {
  const env = { HOME: home, KUBECONFIG: kubeconfig };
  return async (...args) => {
    const { code, stdout, stderr } = await tryCommand(helm, args, { env });
    if (code === 0) return stdout;
    throw new UserError(`helm ${args.join(' ')}: ${stderr.trim()}\n${stdout.trim()}`.trim());
  };
}

/** A value with commas, dots and quotes as `--set-json` takes it. */
export function setJson(path: string, value: unknown): string {
  return `--set-json=${path}=${JSON.stringify(value)}`;
}
