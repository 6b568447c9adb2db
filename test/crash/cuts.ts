import type { Moment } from './gate.ts';
import type { Refused } from './refusal.ts';
import type { WritePointName } from './write-points.ts';

/** How an admission is cut off: it writes a claim and a binding, at the same time. */
export interface Cut {
  point: WritePointName;
  moment: Moment;
  /** The other one of the two writes is on its way and does not arrive. */
  without?: WritePointName;
  /** Or it was refused, and what is stored is being undone. */
  refused?: Refused;
  /** A second crash, where the operator mends it. */
  again?: { point: WritePointName; moment: Moment };
}

/** By what the crash leaves behind. */
export const CUTS: Readonly<Record<string, Cut>> = {
  'nothing is stored: the claim comes first': {
    point: 'the claim is stored',
    moment: 'before',
    without: 'the binding is stored',
  },
  'nothing is stored: the binding comes first': {
    point: 'the binding is stored',
    moment: 'before',
    without: 'the claim is stored',
  },
  'the claim alone is stored, and its binding is not made': {
    point: 'the claim is stored',
    moment: 'after',
    without: 'the binding is stored',
    again: { point: 'the binding is stored', moment: 'before' },
  },
  'the claim alone is stored, and its binding is made': {
    point: 'the claim is stored',
    moment: 'after',
    without: 'the binding is stored',
    again: { point: 'the binding is stored', moment: 'after' },
  },
  'the binding alone is stored': {
    point: 'the binding is stored',
    moment: 'after',
    without: 'the claim is stored',
  },
  'the claim was refused, and the binding is not deleted': {
    refused: 'persistentvolumeclaims',
    point: 'the binding is deleted',
    moment: 'before',
  },
  'the claim was refused, and the binding is deleted': {
    refused: 'persistentvolumeclaims',
    point: 'the binding is deleted',
    moment: 'after',
  },
  'the claim was refused, and the binding keeps our finalizer': {
    refused: 'persistentvolumeclaims',
    point: 'the binding loses our finalizer',
    moment: 'before',
  },
  'the claim was refused, and the binding is gone': {
    refused: 'persistentvolumeclaims',
    point: 'the binding loses our finalizer',
    moment: 'after',
  },
  'the binding was refused, and the claim is not marked': {
    refused: 'fluentpvcbindings',
    point: 'the claim is marked as never used',
    moment: 'before',
  },
  'the binding was refused, and the claim is marked': {
    refused: 'fluentpvcbindings',
    point: 'the claim is marked as never used',
    moment: 'after',
  },
  'the binding was refused, and the claim is not deleted': {
    refused: 'fluentpvcbindings',
    point: 'the claim is deleted',
    moment: 'before',
  },
  'the binding was refused, and the claim is deleted': {
    refused: 'fluentpvcbindings',
    point: 'the claim is deleted',
    moment: 'after',
  },
};
