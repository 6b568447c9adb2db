import type { KubeObject } from '../api/object.ts';
import type { KubeClient } from './client.ts';

/** See `kubectl explain selfsubjectreview`; kubectl shows it as `kubectl auth whoami`. */
interface SelfSubjectReview extends KubeObject {
  status?: { userInfo?: { username?: string } };
}

/**
 * The username under which the API server knows us, whatever the kubeconfig authenticates by. Every
 * account that is not anonymous may ask.
 *
 * @throws ApiError, ApiUnreachable
 */
export async function ownAccount(
  client: Pick<KubeClient, 'create'>,
  signal: AbortSignal,
): Promise<string> {
  const question: SelfSubjectReview = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
    metadata: {},
  };
  const { status } = await client.create(question, { signal });
  const username = status?.userInfo?.username;
  if (username === undefined || username === '') {
    throw new Error('the API server does not say by which username it knows this program');
  }
  return username;
}
