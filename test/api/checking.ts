import { loadAll } from 'js-yaml';
import { join } from 'node:path';
import { tryCommand } from '../../e2e/cluster/commands.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { kubeconfigOf } from './as-installed.ts';
import { RELEASE, type Installation } from './installation.ts';
import { podsOf } from './rendering.ts';

const PROGRAM = join(import.meta.dirname, '../../src/main.ts');

/** What a check said; `fault` is absent where all was well. */
export interface Checked {
  said: string[];
  fault?: string;
}

/**
 * Runs a check as the release's hook says, a process of its own, with the hook's account: there is no
 * node that would.
 */
export async function runCheck(
  on: Installation,
  command: 'check-install' | 'check-uninstall',
): Promise<Checked> {
  const hooks = await on.helm('get', 'hooks', RELEASE, `--namespace=${on.namespace}`);
  const objects = (loadAll(hooks) as (KubeObject | null)[]).filter((object) => object !== null);
  const hook = podsOf(objects).find(({ name }) => name === `${RELEASE}-${command}`);
  const [, ...args] = hook?.spec.containers[0]?.args ?? [];
  const kubeconfig = await kubeconfigOf(on, command);
  const flags = [...args, `--kubeconfig=${kubeconfig}`];
  const { code, stdout, stderr } = await tryCommand(process.execPath, [PROGRAM, ...flags]);
  const said = stdout.split('\n').filter((line) => line !== '');
  return code === 0 ? { said } : { said, fault: stderr };
}
