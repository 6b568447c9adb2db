import type { Place } from './place.ts';
import type { WritePointName } from './write-points.ts';

/** Something that the operator does from beginning to end, and where it is killed in it. */
export interface Flow {
  /** In the order in which they come; with a number: not the first time, but then. */
  points: readonly (WritePointName | readonly [WritePointName, number])[];
  /** What everybody else does. It goes on whatever becomes of the operator. */
  run: (place: Place) => Promise<void>;
}
