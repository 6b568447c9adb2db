import { describe, expect, test } from '@jest/globals';
import type { Secret } from '../src/api/secret.ts';
import { shared } from '../test/support/shared.ts';
import type { Configuration } from '../webhook/ca-bundle.ts';
import { startCertManager } from './cert-manager.ts';
import { played } from './demo/demo.scenes.ts';
import { tested, uninstalled } from './helm.scenes.ts';
import { OPERATOR_IMAGE } from './image/build.ts';
import { sizeAbove } from './image/size.ts';
import { FINAL_BASE } from './image/stand-ins.ts';
import { installOperator, OPERATOR_NAMESPACE, RELEASE, type Installed } from './installed.ts';
import { cleared } from './seen.ts';
import { BY_CERT_MANAGER, renewByCertManager, replaced } from './serving-certificate.ts';
import { openStage, type Stage } from './stage.ts';

/*
 * As users of cert-manager have it, from the first `helm install` on: image and chart in the cluster, a
 * certificate that cert-manager makes and renews, and a CA that its cainjector writes.
 */

const MiB = 1024 * 1024;
/** They hold the CA and what the webhook serves. */
const SECRETS = [`${RELEASE}-ca`, `${RELEASE}-webhook-tls`];
let stage: Stage;
let installed: Installed;

shared(
  async (parts) => {
    stage = await openStage('e2e-certified', parts);
    await startCertManager(stage, parts);
    installed = await installOperator(stage, { values: [BY_CERT_MANAGER] });
  },
  () => cleared(stage),
);

/** Those of the release's namespace, but for what Helm remembers of the release. */
async function secrets(): Promise<Secret[]> {
  const { items } = await stage.client.list<Secret>('Secret', { namespace: OPERATOR_NAMESPACE });
  return items.filter(({ type }) => type !== 'helm.sh/release.v1');
}

/** What each webhook of the release is trusted by, in base64. */
async function caBundles(): Promise<(string | undefined)[]> {
  const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;
  const found = kinds.map((kind) => stage.client.get<Configuration>({ kind, name: RELEASE }));
  return (await Promise.all(found))
    .flatMap((configuration) => configuration?.webhooks ?? [])
    .map(({ clientConfig }) => clientConfig.caBundle);
}

describe('the operator, installed with cert-manager', () => {
  tested(() => installed);

  test('has no Secret and no CA but those of cert-manager', async () => {
    const found = await secrets();
    expect(found.map(({ metadata }) => metadata.name)).toEqual(SECRETS);
    const makers = found.map(
      ({ metadata }) => metadata.annotations?.['cert-manager.io/certificate-name'],
    );
    expect(makers).toEqual([`${RELEASE}-ca`, `${RELEASE}-webhook`]);
    const [ca, served] = found;
    expect(served?.data?.['ca.crt']).toBe(ca?.data?.['tls.crt']);
    expect([...new Set(await caBundles())]).toEqual([served?.data?.['ca.crt']]);
  });

  played(() => stage);

  test('serves what cert-manager renews without refusing a Pod, under the same CA', async () => {
    const trusted = await caBundles();
    await replaced(stage, installed, () => renewByCertManager(stage));
    expect(await caBundles()).toEqual(trusted);
  });

  test('is an image of little more than its base', async () => {
    const { registry } = stage.cluster;
    const own = await sizeAbove(registry, { image: OPERATOR_IMAGE, base: FINAL_BASE });
    // Both are in the README.
    expect(own.unpacked).toBeLessThan(4 * MiB);
    expect(own.pulled).toBeLessThan(MiB);
  });

  uninstalled(
    () => stage,
    () => installed,
  );

  test('leaves the Secrets of cert-manager to cert-manager', async () => {
    expect((await secrets()).map(({ metadata }) => metadata.name)).toEqual(SECRETS);
  });
});
