import type { Account } from './account.ts';
import type { Fault } from './faults.ts';
import type { Release } from './sight.ts';

/** A figure, or the word that nobody knows it: what was not measured is never a number. */
export type Measured = number | 'not measured';

/** What became of a run. */
export interface RunResult {
  /** Of its round: `--seed SEED --runs 8` plays that again. */
  readonly seed: number;
  /** In its round. */
  readonly run: number;
  /** What was planned to strike it, the faults of the cluster included. */
  readonly asked: readonly Fault[];
  /** What was seen to take effect, the cluster's faults of other rounds included. */
  readonly faults: readonly Fault[];
  /** What was asked for and was not seen to take effect, each with the reason. */
  readonly missed: readonly string[];
  readonly lines: Measured;
  /** What the backend has: every delivery, where it keeps them. */
  readonly received: Measured;
  readonly lost: Measured;
  readonly duplicated: Measured;
  /** Lines that nobody wrote. */
  readonly strange: Measured;
  /** Lines that the backend did not have yet when the Pod was over, and were left to the finalizer Job. */
  readonly left: Measured;
  /** From the end of the Pod, or from when the API had it no more, to the end of the drain. */
  readonly seconds: Measured;
  /** Finalizer Jobs that failed. */
  readonly attempts: Measured;
  /** Why it failed, a sentence each; none where all is well. */
  readonly troubles: readonly string[];
  /** Folder, where it failed. */
  readonly evidence?: string;
}

/** The figures of a run, by what could be found out of it. Pure. */
export function figuresOf({
  account,
  shipped,
  keepsEveryDelivery,
}: {
  readonly account: Account | undefined;
  /** Lines that the backend had when the Pod was over. */
  readonly shipped: number | undefined;
  /** Of the backend: else a line that was sent twice looks like one. */
  readonly keepsEveryDelivery: boolean;
}): Pick<RunResult, 'lines' | 'received' | 'lost' | 'duplicated' | 'strange' | 'left'> {
  const hasLeft = account !== undefined && shipped !== undefined;
  return {
    lines: measured(account?.lines),
    received: measured(account?.received),
    lost: measured(account?.lost.length),
    duplicated: measured(keepsEveryDelivery ? account?.duplicated : undefined),
    strange: measured(account?.strange.length),
    left: measured(hasLeft ? account.lines - shipped : undefined),
  };
}

/** What is wrong with a run whose claim was released that way, a sentence each. Pure. */
export function troublesOf({ lines, lost, strange }: Account, release: Release): readonly string[] {
  const troubles: string[] = [];
  const first = (all: readonly string[]): string => JSON.stringify((all[0] ?? '').slice(0, 80));
  // A Pod has lived, so that is wrong whatever the backend has: the luck of this run is no proof.
  if (release === 'without') {
    troubles.push(`its claim was released without a drain, and its Pod had written ${lines} lines`);
  }
  if (lost.length > 0) {
    troubles.push(`${lost.length} of ${lines} lines were lost, such as ${first(lost)}`);
  }
  if (strange.length > 0) {
    troubles.push(`${strange.length} lines were received that nobody wrote: ${first(strange)}`);
  }
  return troubles;
}

/** As JSON and tables have it. */
export function measured(figure: number | undefined): Measured {
  return figure ?? 'not measured';
}

/** What is known of a sum: at least so much. */
export function knownSum(figures: readonly Measured[]): number {
  return figures.reduce<number>((sum, each) => (each === 'not measured' ? sum : sum + each), 0);
}
