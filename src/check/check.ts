import type { Clock } from '../clock.ts';
import type { CheckConfig } from '../config.ts';
import { APP_NAME } from '../core/registration.ts';
import { createClient } from '../kube/client.ts';
import { connect } from '../kube/connection.ts';
import { needed } from '../kube/needed.ts';
import { checkInstall } from './install.ts';
import { checkUninstall } from './uninstall.ts';

/**
 * The commands that look and change nothing; Helm runs them. What they find, they say.
 *
 * @throws UserError where it is not as it should be
 */
export async function check(
  config: CheckConfig,
  { clock, version, say }: { clock: Clock; version: string; say: (line: string) => void },
  signal: AbortSignal,
): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const connection = await connect({ kubeconfig: config.kubeconfig, clock });
  parts.defer(() => connection.close());
  const client = createClient(connection, `${APP_NAME}/${version}`);
  const { namespace, instance, validationNamespace, namespaces, crdsGo } = config;
  switch (config.command) {
    case 'check-install': {
      const lease = { kind: 'Lease', namespace, name: instance } as const;
      await checkInstall({ client, clock, validationNamespace, lease, say }, signal);
      return;
    }
    case 'check-uninstall':
      await needed(checkUninstall({ client, namespaces, crdsGo, say }));
      return;
    default:
      throw new Error(`no such check: ${String(config.command satisfies never)}`);
  }
}
