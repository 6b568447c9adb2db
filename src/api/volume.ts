import type { KubeObject } from './object.ts';

/** A PersistentVolume; see `kubectl explain persistentvolume`. */
export interface Volume extends KubeObject {
  spec: VolumeSpec;
  status?: { phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed' };
}

export interface VolumeSpec {
  accessModes?: string[];
  capacity?: { storage?: string | number };
  /** Whose it is. Without uid: whose it will be as soon as there is a claim of that name. */
  claimRef?: ClaimRef;
  persistentVolumeReclaimPolicy?: 'Retain' | 'Delete' | 'Recycle';
  storageClassName?: string;
  volumeMode?: string;
  /** Where what is on it can be found once the object is gone. */
  csi?: { driver: string; volumeHandle: string };
}

export interface ClaimRef {
  namespace?: string;
  name?: string;
  uid?: string;
}
