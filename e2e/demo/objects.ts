import { join } from 'node:path';
import type { Writers } from './ledger.ts';

/** Names in the manifests of an example. A reader finds them there; the demo reads no YAML. */
export interface Cast {
  readonly namespace: string;
  readonly appName: string;
  readonly backendName: string;
  readonly sidecarName: string;
}

/** Those of examples/demo. */
export const namespace = 'default';
export const fluentPVCName = 'demo';
export const appName = 'demo-app';
export const backendName = 'demo-backend';
export const writerName = 'writer';
export const sidecarName = 'shipper';

export const cast: Cast = { namespace, appName, backendName, sidecarName };

/** Who writes the lines that are counted: each begins with the name of its Pod. */
export const writers: Writers = {
  fluentPVC: fluentPVCName,
  nameOf: ({ metadata }) => metadata.name,
};

const folder = join(import.meta.dirname, '..', '..', 'examples', 'demo');

/** The manifests, each as `kubectl apply -f` takes it. */
export const manifests = {
  backend: join(folder, 'backend.yaml'),
  fluentPVC: join(folder, 'fluent-pvc.yaml'),
  app: join(folder, 'app.yaml'),
} as const;
