import type { Binding } from '../api/binding.ts';
import type { Claim } from '../api/claim.ts';
import type { FluentPVC } from '../api/fluentpvc.ts';
import { DRAINED, finalizers, labels } from '../api/names.ts';
import { hasFinalizer, keyOf, type Stored } from '../api/object.ts';

/** What an uninstallation would leave alone. */
export interface Left {
  bindings: readonly Stored<Binding>[];
  /** All there are: those of the original operator have no label. */
  claims: readonly Stored<Claim>[];
  fluentPVCs: readonly Stored<FluentPVC>[];
}

/**
 * What nobody finishes once the operator is gone, a line each: bindings, and claims with our finalizer
 * that have none (they would get one again).
 */
export function undrained({ bindings, claims }: Pick<Left, 'bindings' | 'claims'>): string[] {
  const bound = new Set(
    bindings.map(({ metadata, spec }) => `${metadata.namespace ?? ''}/${spec.pvc.name}`),
  );
  const lost = claims.filter(
    (claim) =>
      hasFinalizer(claim, finalizers.claim) &&
      claim.metadata.labels?.[labels.state] !== DRAINED &&
      !bound.has(keyOf(claim.metadata)),
  );
  return [
    ...bindings.map((binding) => `binding ${keyOf(binding.metadata)}: ${stateOf(binding)}`),
    ...lost.map((claim) => `PVC ${keyOf(claim.metadata)}: has our finalizer, and no binding`),
  ];
}

/** FluentPVCs that cannot be deleted any more: nobody takes our finalizer off. */
export function kept({ fluentPVCs }: Pick<Left, 'fluentPVCs'>): string[] {
  return fluentPVCs
    .filter((fluentPVC) => hasFinalizer(fluentPVC, finalizers.fluentPVC))
    .map(({ metadata }) => metadata.name);
}

function stateOf({ spec, status }: Stored<Binding>): string {
  const phase = status?.phase ?? 'Pending';
  return spec.pod.name === '' ? phase : `${phase}, Pod "${spec.pod.name}"`;
}
