import { join } from 'node:path';
import type { Cast } from '../demo/objects.ts';

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
