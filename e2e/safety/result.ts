import type { Account } from './account.ts';
import type { Fault } from './faults.ts';

/** What became of a run. */
export interface RunResult {
  /** Of its round: `--seed SEED --runs 8` plays that again. */
  readonly seed: number;
  /** In its round. */
  readonly run: number;
  /** What struck it, the faults of the cluster included. */
  readonly faults: readonly Fault[];
  /** What was planned, and came too late. */
  readonly missed: readonly Fault[];
  readonly lines: number;
  /** Every delivery. */
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Lines that nobody wrote. */
  readonly strange: number;
  /**
   * Lines that the backend did not have yet when the Pod was over, and were left to the finalizer Job;
   * absent where the backend could not say.
   */
  readonly left?: number;
  /** From the end of the Pod, or from when the API had it no more, to the end of the drain. */
  readonly seconds?: number;
  /** Finalizer Jobs that failed. */
  readonly attempts: number;
  /** Why it failed, a sentence each; none where all is well. */
  readonly troubles: readonly string[];
  /** Folder, where it failed. */
  readonly evidence?: string;
}

/** What is wrong with an account, a sentence each. Pure. */
export function troublesOf({ lines, lost, strange }: Account): readonly string[] {
  const troubles: string[] = [];
  const first = (all: readonly string[]): string => JSON.stringify((all[0] ?? '').slice(0, 80));
  if (lost.length > 0) {
    troubles.push(`${lost.length} of ${lines} lines were lost, such as ${first(lost)}`);
  }
  if (strange.length > 0) {
    troubles.push(`${strange.length} lines were received that nobody wrote: ${first(strange)}`);
  }
  return troubles;
}
