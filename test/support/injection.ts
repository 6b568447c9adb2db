import { expect } from '@jest/globals';
import type { Container, PodSpec } from '../../src/api/pod.ts';
import { applyOperations, inject, type Injection } from '../../src/core/inject.ts';
import { make } from './make.ts';
import './one-realm.ts';

export const volume = { name: 'logs', persistentVolumeClaim: { claimName: 'claim' } };
export const mount = { name: 'logs', mountPath: '/logs' };
export const env = { name: 'DIR', value: '/logs' };
export const app = make.container('app');
export const sidecar = make.container('fluentd', { command: ['ship'] });
export const dressed = { ...sidecar, volumeMounts: [mount], env: [env] };
export const native = { ...dressed, restartPolicy: 'Always' };
export const init = make.container('init');
export const wears = (container: Container): Container => ({
  ...container,
  volumeMounts: [...(container.volumeMounts ?? []), mount],
  env: [...(container.env ?? []), env],
});

export function injection(mode?: 'Native' | 'Regular'): Injection {
  return {
    volumes: [volume],
    mounts: [mount],
    envs: [env],
    ...(mode === undefined
      ? {}
      : { sidecar: { container: sidecar, mode, after: ['istio-proxy'] } }),
  };
}

/** What becomes of the spec, and what was replaced. */
export function injected(
  spec: PodSpec,
  what: Injection,
): { outcome: string; spec?: PodSpec; replaced?: string[] } {
  const result = inject('/spec', spec, what);
  if (result.outcome !== 'patch') return result;
  const after = applyOperations({ spec }, result.operations).spec;
  // Whatever the case: never twice.
  expect(inject('/spec', after, what)).toEqual({ outcome: 'patch', operations: [], replaced: [] });
  return { outcome: 'patch', spec: after, replaced: result.replaced.map((one) => one.what) };
}
