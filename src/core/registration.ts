import { createHash } from 'node:crypto';
import { GROUP, labels } from '../api/names.ts';
import type { KubeObject } from '../api/object.ts';
import { both, notIn, type Narrowing } from './narrowing.ts';

/** By what the API server finds the webhook; the path of each webhook is added. */
export type ClientConfig = UrlClient | ServiceClient;

/** A webhook outside the cluster. */
export interface UrlClient {
  url: string;
  /** PEM. */
  caBundle: string;
}

/** A webhook in the cluster. */
export interface ServiceClient {
  service: { namespace: string; name: string; port: number };
  /** PEM; absent where somebody else writes it into the configurations, as cert-manager does. */
  caBundle?: string;
}

/** What becomes of a request while the webhook does not answer. */
export type FailurePolicy = 'Fail' | 'Ignore';

export interface RegistrationOptions<Client extends ClientConfig = ClientConfig> {
  instance: string;
  client: Client;
  /** Namespaces whose Pods never reach the webhook, and that nothing is guarded in, by name. */
  exemptNamespaces: readonly string[];
  /** Exempt from the webhook; what is rescued in it is guarded. */
  rescueNamespace?: string | undefined;
  /** Of Pods; default Fail. FluentPVCs are never admitted unseen. */
  failurePolicy?: FailurePolicy;
  /** Whether a Pod comes again after a later webhook has changed it; default Never. */
  reinvocationPolicy?: 'Never' | 'IfNeeded';
  /** What the API server waits for an answer; two writes take tens of milliseconds. Default 10. */
  timeoutSeconds?: number;
  /** What else a labelled Pod must have to reach the webhook. The guards deny one that is left out. */
  narrowed?: Narrowing;
  /** Of both configurations. */
  annotations?: Record<string, string>;
}

export const NAME_LABEL = 'app.kubernetes.io/name';
export const INSTANCE_LABEL = 'app.kubernetes.io/instance';
/** Value of {@link NAME_LABEL} on all objects of all installations. */
export const APP_NAME = 'fluent-pvc-operator';

/** What stands on what a run registers and has no CA in it: by which CA (PEM) that run is trusted. */
export function registeredWith(caBundle: string): string {
  return createHash('sha256').update(caBundle).digest('hex');
}

/** The webhook configurations of an installation: fail-closed and narrow. */
export function webhookConfigurations(options: RegistrationOptions): KubeObject[] {
  const { instance, client, exemptNamespaces, rescueNamespace, annotations } = options;
  const { failurePolicy = 'Fail', reinvocationPolicy = 'Never', timeoutSeconds = 10 } = options;
  const { narrowed = {} } = options;
  const unseen = [...exemptNamespaces, ...(rescueNamespace === undefined ? [] : [rescueNamespace])];
  const metadata = {
    name: instance,
    labels: { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance },
    ...(annotations === undefined ? {} : { annotations }),
  };
  const webhook = (path: string): object => ({
    admissionReviewVersions: ['v1'],
    clientConfig: clientConfig(client, path),
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    timeoutSeconds,
  });
  return [
    configuration('MutatingWebhookConfiguration', metadata, {
      ...webhook('/pod/mutate'),
      name: `pod-mutation-webhook.${GROUP}`,
      failurePolicy,
      // A dry run writes nothing.
      sideEffects: 'NoneOnDryRun',
      reinvocationPolicy,
      objectSelector: both({ key: labels.fluentPVC, operator: 'Exists' }, narrowed.objectSelector),
      namespaceSelector: both(notIn(unseen), narrowed.namespaceSelector),
      ...(narrowed.matchConditions === undefined
        ? {}
        : { matchConditions: narrowed.matchConditions }),
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE'],
          resources: ['pods'],
          scope: 'Namespaced',
        },
      ],
    }),
    configuration('ValidatingWebhookConfiguration', metadata, {
      ...webhook('/fluent-pvc/validate'),
      name: `fluent-pvc-validation-webhook.${GROUP}`,
      sideEffects: 'None',
      // Also while nobody answers: what leaves the spec alone passes, so that a finalizer can always go.
      matchConditions: [
        {
          name: 'changes-the-spec',
          expression:
            'request.operation == "CREATE" || ' +
            '(!object.metadata.?deletionTimestamp.hasValue() && object.?spec != oldObject.?spec)',
        },
      ],
      rules: [
        {
          apiGroups: [GROUP],
          apiVersions: ['v1alpha1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['fluentpvcs'],
          scope: 'Cluster',
        },
      ],
    }),
  ];
}

function clientConfig(client: ClientConfig, path: string): object {
  const { caBundle } = client;
  return {
    ...('url' in client ? { url: client.url + path } : { service: { ...client.service, path } }),
    ...(caBundle === undefined ? {} : { caBundle: Buffer.from(caBundle).toString('base64') }),
  };
}

function configuration(
  kind: string,
  metadata: KubeObject['metadata'],
  webhook: object,
): KubeObject & { webhooks: object[] } {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { ...metadata },
    webhooks: [webhook],
  };
}
