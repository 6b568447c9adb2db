import type { KubeObject } from '../api/object.ts';
import { bindingGuard } from './guard-binding.ts';
import { claimGuard } from './guard-claim.ts';
import { podGuard, podMarkGuard } from './guard-pod.ts';
import { policyObjects, type GuardOptions } from './guard.ts';

/** All guards of an installation: policies and their bindings (docs/guards.md). */
export function guards(options: GuardOptions): KubeObject[] {
  return [bindingGuard, claimGuard, podMarkGuard, podGuard].flatMap((guard) =>
    policyObjects(guard, options),
  );
}
