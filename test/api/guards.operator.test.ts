import { describe, expect, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import type { Binding } from '../../src/api/binding.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { annotations, GROUP, labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { pointer } from '../../src/core/plan.ts';
import { createLog } from '../../src/log.ts';
import { makeCertificate } from '../../webhook/certificate.ts';
import type { AdmissionHandler } from '../../webhook/review.ts';
import { createServer } from '../../webhook/server.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { bindingNameOf, bindingWhere, openApiWithOperator, type Api } from './harness.ts';
import { guarded, openUser } from './guarding.ts';
import { remove } from './requests.ts';

/* The guards of an operator that registers itself. */
let api: Api;
let user: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  user = await openUser(api);
  await api.client.create(fluentPVC('guarded'));
  await guarded(user, 'fluent-pvc-operator');
});

/** The garbage collector looks every 30 s for kinds that it does not know yet. */
const GARBAGE_COLLECTION_MS = 45_000;

/** A webhook that the API server calls after the operator's, and that takes that label off all Pods. */
async function droppingWebhook(label: string): Promise<AsyncDisposable> {
  const name = 'zz-drops-a-label';
  const certificate = await makeCertificate(['127.0.0.1'], new Date());
  const drop: AdmissionHandler = (request) => {
    const carries = request.object?.metadata.labels?.[label] !== undefined;
    const path = `/metadata/labels${pointer(label)}`;
    return Promise.resolve({ allowed: true, operations: carries ? [{ op: 'remove', path }] : [] });
  };
  const server = createServer({
    certificate,
    routes: { '/pod/mutate': drop, '/fluent-pvc/validate': drop },
    observe: () => undefined,
    log: createLog({ level: 'error' }),
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'drops.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          url: `https://127.0.0.1:${port}/pod/mutate`,
          caBundle: Buffer.from(certificate.ca).toString('base64'),
        },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
    ],
  };
  await api.client.create(configuration);
  return {
    async [Symbol.asyncDispose]() {
      await remove(api, { kind: 'MutatingWebhookConfiguration', name });
      await server.close();
    },
  };
}

describe.each([
  ['a user', () => user],
  ['the administrator, as whom the operator runs', () => api],
])('a labelled Pod of %s', (_who, by) => {
  const create = (): Promise<Stored<Pod>> =>
    by().client.create(labelledPod(api, 'guarded'), { dryRun: true });

  test('is injected, and stored as that', async () => {
    const { metadata } = await eventually('the admission', create);
    expect(metadata.annotations).toHaveProperty([annotations.injected]);
    expect(metadata.labels).toHaveProperty([labels.binding]);
  });

  test.each([labels.fluentPVC, labels.binding])(
    'is refused when another webhook drops its label %s',
    async (label) => {
      await using parts = new AsyncDisposableStack();
      parts.use(await droppingWebhook(label));
      const refused = await eventually('the webhook', async () => {
        const said = await create().then(() => '', String);
        return said.includes(label) && said.includes('(Invalid 422)') ? said : undefined;
      });
      expect(refused).toContain(`lacks label ${label}: the webhook did not see this Pod`);
    },
  );
});

describe('a FluentPVC that is deleted in the foreground', () => {
  test('has none of its bindings deleted', async () => {
    const ref: ObjectRef = { kind: 'FluentPVC', name: 'foreground' };
    await api.client.create(fluentPVC('foreground'));
    const pod = await eventually('the admission', () =>
      api.client.create(labelledPod(api, 'foreground', { nodeName: 'nowhere' })),
    );
    const name = bindingNameOf(pod);
    await bindingWhere(api, name, 'Ready', ({ status }) => status?.phase === 'Ready');
    await user.kubectl('delete', 'fpvc', 'foreground', '--cascade=foreground', '--wait=false');
    await eventually(
      'the garbage collector to be content',
      async () => {
        const found = await api.client.get<FluentPVC>(ref);
        return found?.metadata.finalizers?.join() === `${GROUP}/fluentpvc-protection`;
      },
      GARBAGE_COLLECTION_MS,
    );
    const binding = await api.client.get<Binding>({
      kind: 'FluentPVCBinding',
      namespace: api.namespace,
      name,
    });
    expect(binding?.metadata).not.toHaveProperty('deletionTimestamp');
    expect(binding?.status?.phase).toBe('Ready');
  });
});

describe('the operator', () => {
  test('knows itself by the username of its kubeconfig, and guards what it makes from others', async () => {
    const pod = await api.client.create(labelledPod(api, 'guarded'));
    const name = bindingNameOf(pod);
    const what = ['fpvcb,pvc', name];
    await expect(user.kubectl('delete', ...what)).rejects.toThrow(/FluentPVCBinding[^]*PVC "/);
    expect(await api.kubectl('delete', ...what, '--dry-run=server')).toMatch(/(deleted[^]*){2}/);
  });
});
