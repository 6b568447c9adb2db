import type { FluentPVC, FluentPVCSpec } from '../../src/api/fluentpvc.ts';
import { API_VERSION, labels } from '../../src/api/names.ts';
import type { Container, Pod, PodSpec } from '../../src/api/pod.ts';

/*
 * Objects as users write them, for clusters to take; `make` builds objects as clusters store them.
 */

/** A FluentPVC; its sidecar and its finalizer Job do nothing unless the spec has others. */
export function fluentPVC(name: string, spec: Partial<FluentPVCSpec> = {}): FluentPVC {
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVC',
    metadata: { name },
    spec: {
      pvcSpecTemplate: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '10Mi' } },
      },
      pvcVolumeName: 'buffer',
      pvcVolumeMountPath: '/mnt/buffer',
      pvcFinalizerJobSpecTemplate: drainedBy(container('drain')),
      sidecarContainerTemplate: container('shipper'),
      ...spec,
    },
  };
}

/** Template of a finalizer Job that runs the container once. */
export function drainedBy(drain: Container): FluentPVCSpec['pvcFinalizerJobSpecTemplate'] {
  return {
    backoffLimit: 0,
    template: { spec: { restartPolicy: 'Never', containers: [drain] } },
  };
}

/** A container of the embedded node's own image, and the script that it runs. */
export function container(name: string, script?: string): Container & { image: string } {
  const command = script === undefined ? {} : { command: ['sh', '-c', script] };
  return { name, image: 'busybox:stable', ...command };
}

/** A Pod that asks for the FluentPVC; without a name it is generated. */
export function labelledPod(
  { namespace, name }: { readonly namespace: string; readonly name?: string },
  fluentPVCName: string,
  spec: Partial<PodSpec> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: 'app-' } : { name }),
      namespace,
      labels: { [labels.fluentPVC]: fluentPVCName },
    },
    spec: { restartPolicy: 'Always', containers: [container('app')], ...spec },
  };
}
