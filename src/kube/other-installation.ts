import { GROUP } from '../api/names.ts';
import type { KubeObject, Stored } from '../api/object.ts';
import type { ObjectRef } from '../api/resources.ts';
import { delay } from '../clock.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL } from '../core/registration.ts';
import { UserError } from '../errors.ts';
import { hasEndedHere } from './identity.ts';
import type { Lease } from './lease.ts';
import { CONFIGURATION_KINDS, type Base } from './registrar.ts';

/** A live leader renews its Lease every 3 s, and one that is gone loses it after 10 s. */
const LEASE_WATCH_MS = 1_000;

/**
 * Makes sure that nobody else works on this cluster: no webhook configuration or policy of another
 * installation (the original's included), and, where a Lease is given, nobody who renews it. What a
 * killed run of the same instance left is no hindrance: its Lease is waited out and taken. What Helm has
 * installed is, whatever its name: we would take it over, and away at the end.
 *
 * @throws UserError OtherInstallation
 */
export async function refuseOtherInstallation(
  base: Base,
  own: { instance: string; lease: ObjectRef | undefined },
): Promise<void> {
  for (const kind of CONFIGURATION_KINDS) {
    const list = await base.client.list(kind, {}, { signal: base.signal });
    const other = list.items.find(
      (item) => isOurs(item) && (instanceOf(item) !== own.instance || isInCluster(item)),
    );
    if (other !== undefined) {
      throw new UserError(
        `another installation is active in the cluster: ${kind} "${other.metadata.name}"; ` +
          `uninstall it first, or go on with --force`,
        'OtherInstallation',
      );
    }
  }
  if (own.lease !== undefined) await waitOutLease(base, own.lease);
}

async function waitOutLease({ client, clock, log, signal }: Base, ref: ObjectRef): Promise<void> {
  let first: Lease['spec'] | undefined;
  const startedAt = clock.uptime();
  while (!signal.aborted) {
    const lease = await client.get<Lease>(ref, { signal });
    const { holderIdentity = '', renewTime, leaseDurationSeconds = 15 } = lease?.spec ?? {};
    if (lease === undefined || holderIdentity === '') return;
    if (first !== undefined && first.renewTime !== renewTime) {
      throw new UserError(
        `another installation is active in the cluster: "${holderIdentity}" holds the Lease ` +
          `"${ref.namespace ?? ''}/${ref.name}"; stop it first, or go on with --force`,
        'OtherInstallation',
      );
    }
    const over = clock.uptime() - startedAt > leaseDurationSeconds * 1000;
    if (over || hasEndedHere(holderIdentity)) {
      log.info('takes the Lease of a run that has ended', { holder: holderIdentity });
      const { resourceVersion } = lease.metadata;
      const body = { metadata: { resourceVersion }, spec: { holderIdentity: '' } };
      await client.patch(ref, { type: 'merge', body }, { signal });
      return;
    }
    first ??= lease.spec;
    await delay(clock, LEASE_WATCH_MS, signal);
  }
}

/** Of any installation: by label, or, for the original's, by what it calls its webhooks. */
function isOurs(configuration: Stored<KubeObject>): boolean {
  return (
    configuration.metadata.labels?.[NAME_LABEL] === APP_NAME ||
    webhooksOf(configuration).some(({ name }) => name.endsWith(`.${GROUP}`))
  );
}

/** A run registers itself by URL; what is behind a Service is installed in the cluster. */
function isInCluster(configuration: Stored<KubeObject>): boolean {
  return webhooksOf(configuration).some(({ clientConfig }) => clientConfig?.service !== undefined);
}

interface Webhook {
  name: string;
  clientConfig?: { service?: object };
}

function webhooksOf(configuration: Stored<KubeObject>): readonly Webhook[] {
  return (configuration as { webhooks?: Webhook[] }).webhooks ?? [];
}

function instanceOf(configuration: Stored<KubeObject>): string | undefined {
  return configuration.metadata.labels?.[INSTANCE_LABEL];
}
