import { join } from 'node:path';
import type { Cast } from '../demo/objects.ts';
import type { Kubectl } from '../kubectl.ts';

/** Names in the manifests of examples/log-collection. A reader finds them there; nothing here reads YAML. */
export const namespace = 'log-collection';
export const fluentPVCName = 'log-collection';
export const appName = 'app';
export const backendName = 'loki';
export const cast: Cast = { namespace, appName, backendName, sidecarName: 'collector' };

const folder = join(import.meta.dirname, '..', '..', 'examples', 'log-collection');

/** The manifests, each as `kubectl apply -f` takes it. */
export const manifests = {
  backend: join(folder, 'backend.yaml'),
  fluentPVC: join(folder, 'fluent-pvc.yaml'),
  app: join(folder, 'app.yaml'),
} as const;

/** What becomes ConfigMap `collector`: files, and the kustomization that names them. */
export const collectorFolder = join(folder, 'collector');

/** Makes what sidecar and finalizer Job mount, in a namespace in which they run. */
export async function applyCollector(kubectl: Kubectl, to: string): Promise<void> {
  await kubectl('apply', '-n', to, '-k', collectorFolder);
}

/** Installs Loki and the FluentPVC as the README does; that Loki is ready, one has to wait for. */
export async function applyLogCollection(kubectl: Kubectl): Promise<void> {
  await kubectl('apply', '-f', manifests.backend, '-f', manifests.fluentPVC);
  await applyCollector(kubectl, namespace);
}
