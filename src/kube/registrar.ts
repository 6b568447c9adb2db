import { crds } from '../api/crd.ts';
import { annotations, GROUP } from '../api/names.ts';
import type { KubeObject, Stored } from '../api/object.ts';
import type { Kind, ObjectRef } from '../api/resources.ts';
import { delay, type Clock } from '../clock.ts';
import { guards } from '../core/guards.ts';
import {
  APP_NAME,
  INSTANCE_LABEL,
  NAME_LABEL,
  registeredWith,
  webhookConfigurations,
  type RegistrationOptions,
} from '../core/registration.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { ownAccount } from './account.ts';
import type { KubeClient } from './client.ts';
import { hasEndedHere } from './identity.ts';
import type { Lease } from './lease.ts';

/** Of all that a run registers and takes away again. */
const CONFIGURATION_KINDS = [
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
] as const satisfies readonly Kind[];

/** How long a CustomResourceDefinition may take to be served, in ms. */
const ESTABLISHED_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** A live leader renews its Lease every 5 s, and one that is gone loses it after 15 s. */
const LEASE_WATCH_MS = 1_000;

interface Base {
  client: KubeClient;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/**
 * Makes sure that nobody else works on this cluster: no webhook configuration or policy of another
 * installation (the original's included), and, where a Lease is given, nobody who renews it. What a
 * killed run of the same instance left is no hindrance: its Lease is waited out and taken.
 *
 * @throws UserError OtherInstallation
 */
export async function refuseOtherInstallation(
  base: Base,
  own: { instance: string; lease: ObjectRef | undefined },
): Promise<void> {
  for (const kind of CONFIGURATION_KINDS) {
    const list = await base.client.list(kind, {}, { signal: base.signal });
    const other = list.items.find((item) => isOurs(item) && instanceOf(item) !== own.instance);
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
  const startedAt = clock.now();
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
    const over = clock.now() - startedAt > leaseDurationSeconds * 1000;
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

/** Applies the CustomResourceDefinitions and waits until they are served. */
export async function applyCRDs({ client, clock, signal }: Base): Promise<void> {
  for (const crd of crds) await apply(client, crd, signal);
  const deadline = clock.now() + ESTABLISHED_MS;
  for (const { metadata } of crds) {
    const ref: ObjectRef = { kind: 'CustomResourceDefinition', name: metadata.name ?? '' };
    while (!isEstablished(await client.get(ref, { signal }))) {
      if (clock.now() > deadline) throw new Error(`${ref.name} is not served`);
      await delay(clock, LOOK_EVERY_MS, signal);
    }
  }
}

/**
 * Makes the API server call us and guard what is ours from everybody but the account we use; what an
 * earlier run registered is replaced. Policies come after the webhook configurations: they refuse
 * labelled Pods that nobody has injected. The API server takes note of policies within seconds, and
 * nothing may depend on when.
 */
export async function register(
  { client, log, signal }: Base,
  options: RegistrationOptions,
): Promise<void> {
  const { instance, exemptNamespaces } = options;
  const account = await ownAccount(client, signal);
  const configurations = [
    ...webhookConfigurations(options),
    ...guards({
      instance,
      exemptNamespaces,
      accounts: [account],
      webhookFailurePolicy: 'Fail',
      registeredWith: registeredWith(options.client.caBundle),
    }),
  ];
  for (const configuration of configurations) await apply(client, configuration, signal);
  log.info('registered the webhook', { url: options.client.url, account });
}

/**
 * Takes the instance's webhook configurations and policies away, all at once: either would refuse
 * labelled Pods when the other is gone, and Pods start without us from now on. Those of another CA (PEM)
 * belong to a run that came after us and stay. Tried again until the signal aborts: they would refuse
 * every labelled Pod, with nobody there to answer.
 *
 * @throws UserError with what is left
 */
export async function deleteConfigurations(
  base: Base,
  instance: string,
  caBundle: string,
): Promise<void> {
  for (;;) {
    const tries = await Promise.allSettled(
      CONFIGURATION_KINDS.map((kind) => deleteKind(base, kind, instance, caBundle)),
    );
    const failed = tries.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    if (base.signal.aborted) {
      throw new UserError(
        `cannot take the webhook configurations and policies of "${instance}" away, and labelled Pods are refused ` +
          `while they are there: ${messageOf(failed.reason)}; delete them by hand`,
        'ApiServerRefused',
      );
    }
    await delay(base.clock, LOOK_EVERY_MS, base.signal);
  }
}

async function deleteKind(
  { client, signal }: Base,
  kind: Kind,
  instance: string,
  caBundle: string,
): Promise<void> {
  const labelSelector = `${NAME_LABEL}=${APP_NAME},${INSTANCE_LABEL}=${instance}`;
  const list = await client.list(kind, { labelSelector }, { signal });
  for (const { metadata } of list.items.filter((item) => isOfRun(item, caBundle))) {
    const ref: ObjectRef = { kind, name: metadata.name };
    await client.delete(ref, { uid: metadata.uid, propagation: 'Background' }, { signal });
  }
}

async function apply(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
  const ref: ObjectRef = { kind: object.kind as Kind, name: object.metadata.name ?? '' };
  await client.patch(ref, { type: 'apply', body: object }, { signal });
}

/** Of any installation: by label, or, for the original's, by what it calls its webhooks. */
function isOurs(configuration: Stored<KubeObject>): boolean {
  const { webhooks = [] } = configuration as { webhooks?: { name: string }[] };
  return (
    configuration.metadata.labels?.[NAME_LABEL] === APP_NAME ||
    webhooks.some(({ name }) => name.endsWith(`.${GROUP}`))
  );
}

/** Was it registered by a run that is trusted by that CA? */
function isOfRun(configuration: Stored<KubeObject>, caBundle: string): boolean {
  const { webhooks = [] } = configuration as {
    webhooks?: { clientConfig?: { caBundle?: string } }[];
  };
  const encoded = Buffer.from(caBundle).toString('base64');
  return (
    webhooks.some(({ clientConfig }) => clientConfig?.caBundle === encoded) ||
    configuration.metadata.annotations?.[annotations.registeredWith] === registeredWith(caBundle)
  );
}

function instanceOf(configuration: Stored<KubeObject>): string | undefined {
  return configuration.metadata.labels?.[INSTANCE_LABEL];
}

function isEstablished(crd: KubeObject | undefined): boolean {
  const { status } = (crd ?? {}) as {
    status?: { conditions?: { type: string; status: string }[] };
  };
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === 'Established' && value === 'True',
  );
}
