import type { JsonObject, KubeObject } from './object.ts';

/** A PersistentVolumeClaim; see `kubectl explain persistentvolumeclaim`. */
export interface Claim extends KubeObject {
  apiVersion: 'v1';
  kind: 'PersistentVolumeClaim';
  spec: ClaimSpec;
  status?: { phase?: 'Pending' | 'Bound' | 'Lost'; capacity?: { storage?: string | number } };
}

export interface ClaimSpec {
  accessModes?: string[];
  resources?: { requests?: Record<string, string | number>; limits?: JsonObject };
  storageClassName?: string;
  volumeMode?: string;
  volumeName?: string;
}
