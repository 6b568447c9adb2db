import { expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import type { KubeObject } from '../../src/api/object.ts';
import type { AdmissionReview } from '../../webhook/review.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { reviewBody } from '../support/review.ts';
import { shared } from '../support/shared.ts';
import { openApiWithOperator, type Api } from './harness.ts';

/*
 * Whoever reaches the webhook can ask it, as an API server would whose selectors somebody has widened.
 */
let api: Api;
let webhook: { url: string; caBundle: string };
let agent: Agent;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC('forged'));
  await eventually('it to be known', () =>
    api.client.create(labelledPod(api, 'forged'), { dryRun: true }),
  );
  const { items } = await api.client.list<
    KubeObject & { webhooks?: { clientConfig: typeof webhook }[] }
  >('MutatingWebhookConfiguration', {});
  const config = items.flatMap(({ webhooks = [] }) => webhooks)[0]?.clientConfig;
  if (config === undefined) throw new Error('the webhook is not registered');
  webhook = config;
  agent = new Agent({ connect: { ca: Buffer.from(webhook.caBundle, 'base64') } });
  parts.defer(() => agent.close());
});

async function ask(namespace: string): Promise<AdmissionReview['response']> {
  const pod = labelledPod({ namespace }, 'forged');
  const uid = `forged-${namespace}`;
  const { body } = await request(webhook.url, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body: reviewBody({ uid, operation: 'CREATE', namespace, object: pod }),
  });
  return ((await body.json()) as AdmissionReview).response;
}

test('a Pod of kube-system is admitted as it is, and nothing is stored for it', async () => {
  const response = await ask('kube-system');
  expect(response).toEqual({ uid: 'forged-kube-system', allowed: true });
  for (const kind of ['PersistentVolumeClaim', 'FluentPVCBinding'] as const) {
    const { items } = await api.client.list<KubeObject>(kind, { namespace: 'kube-system' });
    expect(items).toEqual([]);
  }
});

test('a Pod of any other namespace gets its answer', async () => {
  expect(await ask(api.namespace)).toMatchObject({ allowed: true, patchType: 'JSONPatch' });
});
