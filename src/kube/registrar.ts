import { crds } from '../api/crd.ts';
import { annotations } from '../api/names.ts';
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
  type UrlClient,
} from '../core/registration.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { ownAccount } from './account.ts';
import type { KubeClient } from './client.ts';

/** Of all that a run registers and takes away again. */
export const CONFIGURATION_KINDS = [
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
] as const satisfies readonly Kind[];

/** How long a CustomResourceDefinition may take to be served, in ms. */
const ESTABLISHED_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** How long one write of the registration may take, in ms. */
const WRITE_MS = 10_000;

/** What it takes to change the cluster at the start and at the end. */
export interface Base {
  client: KubeClient;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** Applies the CustomResourceDefinitions and waits until they are served. */
export async function applyCRDs({ client, clock, signal }: Base): Promise<void> {
  for (const crd of crds) await apply(client, crd, signal);
  const deadline = clock.uptime() + ESTABLISHED_MS;
  for (const { metadata } of crds) {
    const ref: ObjectRef = { kind: 'CustomResourceDefinition', name: metadata.name ?? '' };
    while (!isEstablished(await client.get(ref, { signal }))) {
      if (clock.uptime() > deadline) throw new Error(`${ref.name} is not served`);
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
  options: RegistrationOptions<UrlClient>,
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
  for (const configuration of configurations) {
    signal.throwIfAborted();
    // Waited for even when we are to stop: one that is given up may be stored after all, and after we
    // have looked for what to take away.
    await apply(client, configuration, AbortSignal.timeout(WRITE_MS));
  }
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

function isEstablished(crd: KubeObject | undefined): boolean {
  const { status } = (crd ?? {}) as {
    status?: { conditions?: { type: string; status: string }[] };
  };
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === 'Established' && value === 'True',
  );
}
