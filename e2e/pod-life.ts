import type { WritePointName } from '../test/crash/write-points.ts';

/** A write of the operator in the life of a Pod. */
export interface LifeWrite {
  readonly write: WritePointName;
  readonly by: 'webhook' | 'controllers';
  /** Why it can be neither left out nor be part of another one. */
  readonly why: string;
}

/**
 * What the operator writes for a Pod that is created, runs, is deleted and drained, in this order: the
 * first two side by side, all others one after the other. docs/api-writes.md shows this table.
 */
export const POD_LIFE: readonly LifeWrite[] = [
  {
    write: 'the claim is stored',
    by: 'webhook',
    why: 'The Pod names it, and is not admitted before it is there.',
  },
  {
    write: 'the binding is stored',
    by: 'webhook',
    why: 'It holds what the claim is drained by, whatever becomes of FluentPVC and Pod. Beside the claim: who waits for the Pod waits for the slower of the two.',
  },
  {
    write: 'the binding learns Pod and claim',
    by: 'controllers',
    why: 'Their uids, which there are only after the admission. From then on no other Pod and no other claim of that name is taken for them.',
  },
  {
    write: 'an Event is written',
    by: 'controllers',
    why: '`Injected`, on the Pod: its author may know nothing of bindings. Not by the webhook, where the Pod would wait for it.',
  },
  {
    write: 'the status says Ready',
    by: 'controllers',
    why: 'With it node and volume are kept: when the Pod is gone nobody else knows where its containers ran.',
  },
  {
    write: 'the status says OutOfUse',
    by: 'controllers',
    why: 'That the Pod is over was read live. It must not depend on a second look, for which the Pod may be gone.',
  },
  {
    write: 'the finalizer Job is created',
    by: 'controllers',
    why: 'It drains the claim.',
  },
  {
    write: 'the status says FinalizerJobApplied',
    by: 'controllers',
    why: 'The phase that people and their tools wait for; with it the uid of the Job is kept, so that only its own end counts.',
  },
  {
    write: 'the status says FinalizerJobSucceeded',
    by: 'controllers',
    why: 'The proof that the claim may go. It must be stored before the Job, which is the only other witness, goes.',
  },
  {
    write: 'the finalizer Job is deleted',
    by: 'controllers',
    why: 'Its Pod names the claim, and a claim stays as long as any Pod names it.',
  },
  {
    write: 'the claim is deleted',
    by: 'controllers',
    why: 'Before our finalizer goes: a claim without it that was not deleted would be nobody’s.',
  },
  {
    write: 'the claim loses our finalizer',
    by: 'controllers',
    why: 'The API has no way to delete and to take a finalizer off in one request.',
  },
  {
    write: 'the binding is deleted',
    by: 'controllers',
    why: 'Nothing is left to do for it.',
  },
  {
    write: 'the binding loses our finalizer',
    by: 'controllers',
    why: 'As for the claim. While it is there, nobody can take the order for the drain away by deleting the binding.',
  },
];
