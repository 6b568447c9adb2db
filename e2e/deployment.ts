import { labels } from '../src/api/names.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Pod, PodSpec } from '../src/api/pod.ts';
import { container } from '../test/support/manifests.ts';
import { patiently } from './seen.ts';
import type { Stage } from './stage.ts';

/** A Deployment whose Pods have the FluentPVC of the same name, and run the script. */
export function deployment(
  name: string,
  script: string,
  { replicas = 1, ...pod }: Partial<PodSpec> & { replicas?: number } = {},
): KubeObject & { spec: object } {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, [labels.fluentPVC]: name } },
        spec: {
          terminationGracePeriodSeconds: 2,
          containers: [container('app', script)],
          ...pod,
        },
      },
    },
  };
}

/** The Pods of a Deployment. */
export async function podsOf(
  { client, namespace }: Stage,
  deployment: string,
): Promise<Stored<Pod>[]> {
  const list = { namespace, labelSelector: `app=${deployment}` };
  return (await client.list<Pod>('Pod', list)).items;
}

/** A Pod of a Deployment that runs, another one than that, and its claim. */
export async function runningPodOf(
  stage: Stage,
  deployment: string,
  not?: string,
): Promise<{ pod: string; claim: string }> {
  const { metadata } = await patiently(stage, `a Pod of ${deployment} to run`, async () => {
    const pods = await podsOf(stage, deployment);
    return pods.find(
      ({ metadata, status }) => metadata.name !== not && status?.phase === 'Running',
    );
  });
  return { pod: metadata.name, claim: metadata.labels?.[labels.binding] ?? '' };
}
