import { describe, expect, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../src/api/object.ts';
import type { Kind } from '../../src/api/resources.ts';
import { makeCertificate } from '../../webhook/certificate.ts';
import { createServer } from '../../webhook/server.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC } from '../support/manifests.ts';
import { memoryLog } from '../support/memory-log.ts';
import '../support/one-realm.ts';
import { shared } from '../support/shared.ts';
import { openApi, startOperator, type Api } from './harness.ts';
import { deleteNamespace, goneNamespace } from './namespaces.ts';
import { annotate, dryRun, remove } from './requests.ts';

let api: Api;
/** Where the trials are: of this file's own, so that its troubles are nobody else's. */
let trials: string;

/** What a test has put in the way; taken away after it, whatever it came to. */
const undo: (() => Promise<unknown>)[] = [];

shared(
  async (parts) => {
    api = await openApi(parts);
    trials = `${api.namespace}-trials`;
    const operator = await startOperator(api, [`--validation-namespace=${trials}`]);
    parts.defer(() => operator.stop());
  },
  async () => {
    for (const step of undo.splice(0)) await step();
  },
);

/** The warnings that people read when they create it: it must be taken. */
async function said(spec: object = {}): Promise<string[]> {
  const warnings = await dryRun(api).create(fluentPVC('warned', spec));
  for (const text of warnings) expect(text.length).toBeLessThanOrEqual(256);
  return warnings;
}
/** Makes an object of the cluster, for this test. */
async function make(object: KubeObject & { kind: Kind } & Record<string, unknown>): Promise<void> {
  const { kind, metadata } = await api.client.create(object);
  undo.push(() => remove(api, { kind, name: metadata.name }));
}
/** Waits until it is warned of that: what was put in the way takes effect soon after. */
function warned(text: string): Promise<string[]> {
  return eventually(`the warning ${text}`, async () => {
    const warnings = await said();
    if (warnings.some((warning) => new RegExp(text).test(warning))) return warnings;
    throw new Error(warnings.join('\n'));
  });
}

describe('a typo is told, with the field, of', () => {
  const typo = (name: string): object => ({ ...container(name), volumeMount: [] });
  const template = { spec: { restartPolicy: 'Never', containers: [typo('drain')] } };
  const cases: Record<string, { spec: object; field: string }> = {
    'the sidecar': {
      spec: { sidecarContainerTemplate: typo('shipper') },
      field: 'spec.sidecarContainerTemplate.volumeMount',
    },
    'the claim': {
      spec: {
        pvcSpecTemplate: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          storageClasName: 'x',
        },
      },
      field: 'spec.pvcSpecTemplate.storageClasName',
    },
    'the Job': {
      spec: { pvcFinalizerJobSpecTemplate: { template } },
      field: 'spec.pvcFinalizerJobSpecTemplate.template.spec.containers[0].volumeMount',
    },
    'an env': {
      spec: { commonEnvs: [{ name: 'A', valeu: 'a' }] },
      field: 'spec.commonEnvs[0].valeu',
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { spec, field }) => {
    expect(await said(spec)).toEqual([`unknown field "${field}": the API server ignores it`]);
  });
});

describe('what is no word on the FluentPVC is a warning:', () => {
  const untried = (names: string): string =>
    `^${names} could not be tried out in namespace "${trials}": `;

  test('a quota of the namespace', async () => {
    await api.kubectl('-n', trials, 'create', 'quota', 'none', '--hard=pods=0,count/jobs.batch=0');
    undo.push(() => api.kubectl('-n', trials, 'delete', 'quota', 'none'));
    await warned(`${untried('Pod')}pods ".*" is forbidden: exceeded quota`);
    await warned(`${untried('Job')}jobs\\.batch ".*" is forbidden: exceeded quota`);
  });

  test('Pod Security of the namespace, unless the sidecar heeds it', async () => {
    const enforce = (level: string | null): Promise<unknown> => {
      const body = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } } };
      return api.client.patch({ kind: 'Namespace', name: trials }, { type: 'merge', body });
    };
    await enforce('restricted');
    undo.push(() => enforce(null));
    const warnings = await warned(`${untried('Pod')}pods ".*" is forbidden: violates PodSecurity`);
    const out = warnings.join('\n');
    expect(out).toContain('"shipper"');
    expect(out).not.toContain('"app"');
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    };
    const heeding = { sidecarContainerTemplate: { ...container('shipper'), securityContext } };
    expect(await said(heeding)).toEqual([]);
  });

  test("a policy of somebody else's, which answers 422 as well", async () => {
    const both = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: trials } };
    await make({
      ...both,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['', 'batch'],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['pods', 'jobs', 'persistentvolumeclaims'],
            },
          ],
        },
        validations: [{ expression: 'false', message: 'not with me', reason: 'Invalid' }],
      },
    });
    await make({
      ...both,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: {
        policyName: trials,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': trials } },
        },
      },
    });
    for (const name of ['PVC', 'Job', 'Pod']) {
      await warned(`${untried(name)}.*not with me`);
    }
  });

  test("a webhook of somebody else's: it denies with 422, it cannot be reached", async () => {
    const certificate = await makeCertificate(['127.0.0.1'], new Date());
    const handler = () =>
      Promise.resolve({
        allowed: false as const,
        denial: { reason: 'Mine', code: 422, message: 'not with me either' },
      });
    const server = createServer({
      certificate,
      routes: { '/pod/mutate': handler, '/fluent-pvc/validate': handler },
      observe: () => undefined,
      log: memoryLog(),
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    undo.push(() => server.close());
    const { port } = server.server.address() as AddressInfo;
    await make({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: trials },
      webhooks: [
        {
          name: 'someone.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: {
            url: `https://127.0.0.1:${port}/pod/mutate`,
            caBundle: Buffer.from(certificate.ca).toString('base64'),
          },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': trials } },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
          ],
        },
      ],
    });
    await warned(`${untried('Pod')}admission webhook .* denied the request: not with me either`);
    await server.close();
    await warned(`${untried('Pod')}.*failed calling webhook`);
  });

  test('a cluster without a default storage class, where none is named', async () => {
    const beDefault = (isDefault: boolean): Promise<void> =>
      annotate(
        api,
        { kind: 'StorageClass', name: 'standard' },
        { 'storageclass.kubernetes.io/is-default-class': String(isDefault) },
      );
    await beDefault(false);
    undo.push(() => beDefault(true));
    await warned('^spec.pvcSpecTemplate.storageClassName is absent and the cluster has no default');
  });

  test('a template that is allowed and doubtful', async () => {
    const spec = { restartPolicy: 'OnFailure' as const, containers: [container('drain')] };
    const object = fluentPVC('warned', {
      pvcFinalizerJobSpecTemplate: { parallelism: 2, template: { spec } },
    });
    // As people read it.
    const out = await api.kubectl.feed('create', '--dry-run=server', object);
    expect(out).toContain('created (server dry run)');
    expect(out).toContain('Warning: spec.pvcFinalizerJobSpecTemplate.parallelism: more than one');
    expect(out).toContain(
      'Warning: spec.pvcFinalizerJobSpecTemplate.template.spec.restartPolicy: OnFailure',
    );
  });

  test('a volume that only its Pods have', async () => {
    const volumeMounts = [{ name: 'certs', mountPath: '/certs' }];
    const warnings = await said({
      sidecarContainerTemplate: { ...container('shipper'), volumeMounts },
    });
    const out = warnings.join('\n');
    expect(out).toMatch(
      /^spec\.sidecarContainerTemplate\.volumeMounts\[0\]\.name: only Pods with a volume "certs"/m,
    );
    expect(out).not.toContain('could not be tried out');
  });

  // The last one: the namespace does not come back.
  test('a namespace that is gone: what to do', async () => {
    await deleteNamespace({ ...api, namespace: trials });
    await goneNamespace({ ...api, namespace: trials });
    await warned(
      `${untried('PVC, Job, Pod')}it does not exist; create it, or name another one with --validation-namespace`,
    );
  });
});
