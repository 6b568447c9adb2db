import { Agent, type Dispatcher } from 'undici';
import type { Pod } from '../src/api/pod.ts';
import { NAMESPACE } from './shapes.ts';

/** Sends AdmissionReviews straight to a webhook, as the API server does. */
export interface Reviewer {
  /** Sends one for the Pod, with a uid of its own. Throws where the Pod is denied. */
  readonly review: (index: number) => Promise<void>;
  close(): Promise<void>;
}

/** The text between which each request puts its own uid. */
const UID = 'REQUEST-UID';

/** A reviewer of one Pod; dry runs make the webhook write nothing. */
export function createReviewer({
  port,
  ca,
  pod,
  dryRun,
}: {
  readonly port: number;
  /** PEM: whom to trust. */
  readonly ca: string;
  readonly pod: Pod;
  readonly dryRun: boolean;
}): Reviewer {
  const dispatcher: Dispatcher = new Agent({ connect: { ca } });
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const [before = '', after = ''] = JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: UID,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      namespace: NAMESPACE,
      operation: 'CREATE',
      userInfo: { username: 'bench', groups: ['system:authenticated'] },
      object: pod,
      oldObject: null,
      dryRun,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  }).split(UID);
  const origin = `https://localhost:${port}`;
  return {
    async review(index) {
      const uid = `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`;
      const { body } = await dispatcher.request({
        origin,
        path: '/pod/mutate?timeout=10s',
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: before + uid + after,
      });
      const text = await body.text();
      if (!text.includes('"allowed":true')) throw new Error(`denied: ${text}`);
    },
    close: () => dispatcher.destroy(),
  };
}
