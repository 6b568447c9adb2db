import { loadAll } from 'js-yaml';
import { check } from '../../src/check/check.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { kubeconfigOf } from './as-installed.ts';
import { RELEASE, type Installation } from './installation.ts';
import { podsOf } from './rendering.ts';

/** What a check said; `fault` is absent where all was well. */
export interface Checked {
  said: string[];
  fault?: string;
}

/** Runs a check as the release's hook says, with the hook's account: there is no node that would. */
export async function runCheck(
  on: Installation,
  command: 'check-install' | 'check-uninstall',
): Promise<Checked> {
  const hooks = await on.helm('get', 'hooks', RELEASE, `--namespace=${on.namespace}`);
  const objects = (loadAll(hooks) as (KubeObject | null)[]).filter((object) => object !== null);
  const hook = podsOf(objects).find(({ name }) => name === `${RELEASE}-${command}`);
  const [, ...args] = hook?.spec.containers[0]?.args ?? [];
  const kubeconfig = await kubeconfigOf(on, command);
  const invocation = readConfig('0', [...args, `--kubeconfig=${kubeconfig}`], {});
  if (!('check' in invocation)) throw new Error(`${args.join(' ')} is no check`);
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  try {
    await check(invocation.check, { clock: systemClock, version: '0', say });
    return { said };
  } catch (error) {
    return { said, fault: String(error) };
  }
}
