import { describe, expect, test } from '@jest/globals';
import { labels } from '../../../src/api/names.ts';
import { webhookConfigurations, type RegistrationOptions } from '../../../src/core/registration.ts';

interface Configuration {
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  webhooks: {
    failurePolicy: string;
    sideEffects: string;
    timeoutSeconds: number;
    reinvocationPolicy?: string;
    objectSelector?: object;
    namespaceSelector?: object;
    clientConfig: { url: string; caBundle: string };
    rules: { operations: string[]; resources: string[]; scope: string }[];
  }[];
}
const configurations = webhookConfigurations({
  instance: 'mine',
  client: { url: 'https://host:9443', caBundle: 'PEM' },
  exemptNamespaces: ['kube-system', 'ops'],
  rescueNamespace: 'rescue',
}) as unknown as Configuration[];
const [mutating, validating] = configurations;

test('both fail closed and have the name of the instance', () => {
  expect(configurations.map(({ kind }) => kind)).toEqual([
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
  ]);
  for (const { metadata, webhooks } of configurations) {
    expect(metadata).toEqual({
      name: 'mine',
      labels: {
        'app.kubernetes.io/name': 'fluent-pvc-operator',
        'app.kubernetes.io/instance': 'mine',
      },
    });
    expect(webhooks).toHaveLength(1);
    expect(webhooks[0]).toMatchObject({ failurePolicy: 'Fail', timeoutSeconds: 10 });
  }
});

test('only labelled Pods that are created outside the exempt namespaces reach the webhook', () => {
  expect(mutating?.webhooks[0]).toMatchObject({
    sideEffects: 'NoneOnDryRun',
    reinvocationPolicy: 'Never',
    objectSelector: { matchExpressions: [{ key: labels.fluentPVC, operator: 'Exists' }] },
    namespaceSelector: {
      matchExpressions: [
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: ['kube-system', 'ops', 'rescue'],
        },
      ],
    },
    rules: [{ operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' }],
  });
});

test('each webhook has its path, and the CA in base64', () => {
  const clients = configurations.map(({ webhooks }) => webhooks[0]?.clientConfig);
  expect(clients).toEqual([
    { url: 'https://host:9443/pod/mutate', caBundle: 'UEVN' },
    { url: 'https://host:9443/fluent-pvc/validate', caBundle: 'UEVN' },
  ]);
});

describe('a webhook in the cluster', () => {
  const service = { namespace: 'ops', name: 'mine-webhook', port: 443 };
  const build = (options: Partial<RegistrationOptions>): Configuration[] =>
    webhookConfigurations({
      instance: 'mine',
      client: { service },
      exemptNamespaces: [],
      ...options,
    }) as unknown as Configuration[];

  test('is found by its Service, and waits for somebody else to write its CA', () => {
    expect(build({}).map(({ webhooks }) => webhooks[0]?.clientConfig)).toEqual([
      { service: { ...service, path: '/pod/mutate' } },
      { service: { ...service, path: '/fluent-pvc/validate' } },
    ]);
  });

  test('has its CA in base64, where it is given', () => {
    const [pods] = build({ client: { service, caBundle: 'PEM' } });
    expect(pods?.webhooks[0]?.clientConfig).toMatchObject({ caBundle: 'UEVN' });
  });

  test('may be left out for Pods, never for FluentPVCs', () => {
    const policies = build({ failurePolicy: 'Ignore' }).map(
      ({ webhooks }) => webhooks[0]?.failurePolicy,
    );
    expect(policies).toEqual(['Ignore', 'Fail']);
  });

  test('is called as its options say', () => {
    const annotations = { 'example.com/ca': 'here' };
    const called = build({ reinvocationPolicy: 'IfNeeded', timeoutSeconds: 5, annotations });
    expect(called).toMatchObject([
      {
        metadata: { annotations },
        webhooks: [{ reinvocationPolicy: 'IfNeeded', timeoutSeconds: 5 }],
      },
      { metadata: { annotations }, webhooks: [{ timeoutSeconds: 5 }] },
    ]);
  });
});

test('FluentPVCs are validated when they are made and changed', () => {
  expect(validating?.webhooks[0]).toMatchObject({
    sideEffects: 'None',
    rules: [{ operations: ['CREATE', 'UPDATE'], resources: ['fluentpvcs'], scope: 'Cluster' }],
  });
});
