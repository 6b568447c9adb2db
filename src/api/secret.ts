import type { KubeObject } from './object.ts';

/** See `kubectl explain secret`. */
export interface Secret extends KubeObject {
  apiVersion: 'v1';
  kind: 'Secret';
  type?: string;
  /** Base64. */
  data?: Record<string, string>;
}
