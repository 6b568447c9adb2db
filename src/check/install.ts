import { labels } from '../api/names.ts';
import type { KubeObject } from '../api/object.ts';
import type { ObjectRef } from '../api/resources.ts';
import { delay, isAborted, type Clock } from '../clock.ts';
import { messageOf, UserError, type FaultCode } from '../errors.ts';
import { ApiError } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Lease } from '../kube/lease.ts';

/** Names no FluentPVC: it is longer than a name that a label can hold in whole may be. */
const NOBODY = 'helm-test.no-such-fluentpvc';
const EXPECTED: FaultCode = 'FluentPVCNotFound';
const AGAIN_MS = 2_000;
/** Replicas start, CAs are injected, a Lease is waited out. */
const LIMIT_MS = 120_000;

/** What the check looks at. */
export interface Installed {
  client: Pick<KubeClient, 'create' | 'get'>;
  clock: Clock;
  validationNamespace: string;
  lease: ObjectRef;
  say: (line: string) => void;
}

/**
 * Does the installation work? A labelled Pod is created as a dry run, and must be denied by our webhook
 * and nobody else: so the API server finds it by its configuration and Service, and trusts its
 * certificate. The Lease must be renewed: so the controllers lead. Waits for both, for a while.
 *
 * @throws UserError NotInstalled, also where it is asked to stop before it knows
 */
export async function checkInstall(installed: Installed, signal: AbortSignal): Promise<void> {
  const { say } = installed;
  await inTime(installed, 'the webhook', () => webhookAnswers(installed), signal);
  say('the webhook answers');
  let renewed: string | undefined;
  const leads = async (): Promise<string | undefined> => {
    const { spec } = (await installed.client.get<Lease>(installed.lease)) ?? {};
    if (spec?.holderIdentity === undefined || spec.holderIdentity === '') return 'nobody leads';
    if (renewed !== undefined && renewed !== spec.renewTime) return undefined;
    renewed = spec.renewTime;
    return `"${spec.holderIdentity}" does not renew its Lease`;
  };
  await inTime(installed, 'the controllers', leads, signal);
  say('the controllers lead');
}

async function webhookAnswers({
  client,
  validationNamespace,
}: Installed): Promise<string | undefined> {
  const pod: KubeObject & { spec: object } = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'helm-test',
      namespace: validationNamespace,
      labels: { [labels.fluentPVC]: NOBODY },
    },
    spec: { containers: [{ name: 'app', image: 'none' }] },
  };
  try {
    await client.create(pod, { dryRun: true });
    return 'a labelled Pod was admitted that it did not see';
  } catch (error) {
    if (error instanceof ApiError && error.reason === EXPECTED) return undefined;
    return messageOf(error);
  }
}

/** Asks until there is no fault. */
async function inTime(
  { clock, say }: Installed,
  who: string,
  fault: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.uptime();
  let said: string | undefined;
  for (;;) {
    const found = await fault().catch(messageOf);
    if (found === undefined) return;
    if (found !== said) say(`waits for ${who}: ${found}`);
    said = found;
    if (clock.uptime() - startedAt > LIMIT_MS) {
      throw new UserError(`${who}: ${found}, for ${LIMIT_MS / 1000} s`, 'NotInstalled');
    }
    await delay(clock, AGAIN_MS, signal);
    if (isAborted(signal))
      throw new UserError(`stopped while it waited for ${who}`, 'NotInstalled');
  }
}
