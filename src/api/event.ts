import type { KubeObject } from './object.ts';

/** An Event of `events.k8s.io/v1`; see `kubectl explain event --api-version=events.k8s.io/v1`. */
export interface KubeEvent extends KubeObject {
  kind: 'Event';
  reason?: string;
  note?: string;
}
