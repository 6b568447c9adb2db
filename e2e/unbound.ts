import { container, labelledPod } from '../test/support/manifests.ts';
import { copyingFluentPVC } from './lines.ts';
import type { Stage } from './stage.ts';

/** Claims of it wait for a Pod that is scheduled. */
const STORAGE_CLASS = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'unbound' },
  provisioner: 'example.com/nobody',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/**
 * Pods that are admitted like any other, PVC and binding included, and cost no more than that: gated, so
 * that no node takes them, and with a volume that nobody makes. Otherwise the node would be what a test
 * of the webhook measures.
 *
 * @returns creates one
 */
export async function unboundPods(
  { client, kubectl, namespace }: Stage,
  fluentPVCName: string,
): Promise<() => Promise<unknown>> {
  await kubectl.feed('apply', STORAGE_CLASS);
  const { pvcSpecTemplate } = copyingFluentPVC(fluentPVCName).spec;
  const unbound = { ...pvcSpecTemplate, storageClassName: STORAGE_CLASS.metadata.name };
  await kubectl.feed('apply', copyingFluentPVC(fluentPVCName, { pvcSpecTemplate: unbound }));
  const gated = {
    containers: [container('app')],
    schedulingGates: [{ name: 'example.com/never' }],
  };
  return () => client.create(labelledPod({ namespace }, fluentPVCName, gated as object));
}
