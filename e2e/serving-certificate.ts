import { expect } from '@jest/globals';
import { eventually } from '../test/support/eventually.ts';
import { labelledPod } from '../test/support/manifests.ts';
import { OPERATOR_NAMESPACE, RELEASE, type Installed } from './installed.ts';
import { copyingFluentPVC } from './lines.ts';
import { PATIENCE_MS, type Stage } from './stage.ts';
import { askSteadily } from './steady.ts';

/*
 * The certificate that the webhook of a release serves, in every replica, seen from outside.
 */

/** What the chart is to be told so that cert-manager makes it. */
export const BY_CERT_MANAGER =
  '--set=certificate.selfManaged.enabled=false,certificate.certManager.enabled=true';

const CREATES_PER_SECOND = 20;
const FLUENT_PVC = 'certified';

/** A labelled Pod by a dry run: all of an admission but its writes. */
function admission({ client }: Stage): Promise<unknown> {
  return client.create(labelledPod({ namespace: 'default' }, FLUENT_PVC), { dryRun: true });
}

/** Waits until the API server trusts what is served. */
export async function trusted(stage: Stage): Promise<void> {
  const reach = async (): Promise<true> => {
    await stage.kubectl.feed('apply', copyingFluentPVC(FLUENT_PVC));
    await admission(stage);
    return true;
  };
  await eventually('an admission by the certificate', reach, PATIENCE_MS);
}

/**
 * Has another certificate served, in whatever way: in the end every replica serves one that none served
 * before, and of 20 labelled Pods a second none was refused, neither before nor after.
 */
export async function replaced(
  stage: Stage,
  installed: Installed,
  replace: () => Promise<unknown>,
): Promise<void> {
  await stage.kubectl.feed('apply', copyingFluentPVC(FLUENT_PVC));
  // One that still answers after its end would be counted among those that serve.
  await eventually(
    'the replicas of before to go',
    async () =>
      (await installed.pods('webhook')).every(
        ({ metadata }) => metadata.deletionTimestamp === undefined,
      ),
    PATIENCE_MS,
  );
  const before = await expiries(stage, installed);
  const load = askSteadily(CREATES_PER_SECOND, () => admission(stage));
  try {
    await eventually('some requests', () => load.asked > CREATES_PER_SECOND);
    await replace();
    await eventually(
      'another certificate in every replica',
      async () => {
        const now = await expiries(stage, installed);
        return now.length >= before.length && now.every((one) => !before.includes(one));
      },
      PATIENCE_MS,
    );
    const until = load.asked + CREATES_PER_SECOND;
    await eventually('some more requests', () => load.asked > until);
  } finally {
    await load.stop();
  }
  const { asked, failures } = await load.stop();
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(2 * CREATES_PER_SECOND);
}

/** What `cmctl renew` does to the certificate of the release. */
export async function renewByCertManager({ kubectl }: Stage): Promise<void> {
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'renewed by hand',
    lastTransitionTime: new Date().toISOString(),
  };
  await kubectl(
    ...['patch', 'certificate', `${RELEASE}-webhook`, '-n', OPERATOR_NAMESPACE],
    ...['--subresource=status', '--type=merge'],
    `--patch=${JSON.stringify({ status: { conditions: [issuing] } })}`,
  );
}

/** When the certificate of each replica ends, as its metrics say. */
async function expiries({ kubectl }: Stage, installed: Installed): Promise<number[]> {
  const pods = await installed.pods('webhook');
  return Promise.all(
    pods.map(async ({ metadata }) => {
      const path = `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods/${metadata.name}:8080/proxy/metrics`;
      const text = await kubectl('get', '--raw', path);
      const found = /^fluent_pvc_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)?.[1];
      if (found === undefined)
        throw new Error(`${metadata.name} does not say when its certificate ends`);
      return Number(found);
    }),
  );
}
