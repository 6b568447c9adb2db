import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { annotations } from '../../src/api/names.ts';
import { createdAt, type Stored } from '../../src/api/object.ts';
import type { PatchWrite } from '../../src/core/plan.ts';
import { isSettled } from '../fluentpvc/fluentpvc.ts';

/*
 * What `deletePodIfSidecarContainerTerminationDetected` means where it is absent. To us: true. To the
 * original: false, for it is a Go bool without a default, left out when it is false. Whoever wrote
 * `false` has it absent as soon as the original has written the object once, which it does with
 * finalizers.
 *
 * So it matters by whose definition an object was stored, and no object says that: the two
 * definitions have the same name and version, and who wrote it last (managedFields) may be anybody.
 * What is known is when. It was before us if all of this holds:
 *
 * - no leader of this program has seen it: the first one that does says so on it (`settled`), in the
 *   patch that brings our finalizer, or in this one here;
 * - it was made before this program led for the first time, which is when its Lease was made: who
 *   leads must wait until the original is gone, so nothing was stored by that one's rules afterwards;
 * - the definition has been another one before (its generation is not 1). In a cluster that never had
 *   the original, FluentPVCs may be made before the operator is first started, and mean what we say.
 *
 * Wrong are objects that were made between an installation of an older version of ours that no leader
 * has seen them of, and the next one, by a definition that has changed in between: `false` then stands
 * in them for everybody to see, and nothing is lost, for it is the drain that ships the data.
 */

/** When this program first led, and whether the definition was ever another one. */
export interface Beginning {
  /** In ms since the epoch. */
  firstLedAt: number;
  definitionChanged: boolean;
}

/** Could it have been stored before us? Not yet known are the facts of {@link Beginning}. */
export function isUnsettled(fluentPVC: Stored<FluentPVC>): boolean {
  return !isSettled(fluentPVC) && isAbsent(fluentPVC);
}

/** The FluentPVC as it is meant. */
export function settled(
  fluentPVC: Stored<FluentPVC>,
  beginning: Beginning | undefined,
): Stored<FluentPVC> {
  if (!isBeforeUs(fluentPVC, beginning)) return fluentPVC;
  const spec = { ...fluentPVC.spec, deletePodIfSidecarContainerTerminationDetected: false };
  return { ...fluentPVC, spec };
}

/** Writes that into it; `undefined` where there is nothing to write. */
export function settlingWrite(
  fluentPVC: Stored<FluentPVC>,
  beginning: Beginning | undefined,
): PatchWrite | undefined {
  if (!isBeforeUs(fluentPVC, beginning)) return undefined;
  const { name, resourceVersion } = fluentPVC.metadata;
  return {
    verb: 'patch',
    ref: { kind: 'FluentPVC', name },
    type: 'merge',
    body: {
      metadata: { resourceVersion, annotations: { [annotations.settled]: 'true' } },
      spec: { deletePodIfSidecarContainerTerminationDetected: false },
    },
  };
}

function isBeforeUs(fluentPVC: Stored<FluentPVC>, beginning: Beginning | undefined): boolean {
  return (
    beginning !== undefined &&
    isUnsettled(fluentPVC) &&
    createdAt(fluentPVC) < beginning.firstLedAt &&
    beginning.definitionChanged
  );
}

function isAbsent({ spec }: FluentPVC): boolean {
  return spec.deletePodIfSidecarContainerTerminationDetected == null;
}
