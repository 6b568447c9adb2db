import {
  ENDING_FAULTS,
  type Fault,
  type OwnFault,
  SHARED_PAIRS,
  type SharedFault,
} from './faults.ts';
import { createRandom, type Random } from './random.ts';

/** What runs side by side, and what befalls all of them. The same seed gives the same plan. */
export interface RoundPlan {
  readonly seed: number;
  readonly runs: readonly RunPlan[];
  readonly strikes: readonly SharedStrike[];
}

/** A Pod, what it writes, and what befalls it. */
export interface RunPlan {
  /** In its round, from 1. */
  readonly number: number;
  readonly writing: Writing;
  readonly strikes: readonly OwnStrike[];
  /** Deleted as people do it, when it has written so many lines; absent where it ends otherwise. */
  readonly deletedAfter?: number;
  /** When its Pod is taken away after its end; a Pod that was deleted goes by itself. */
  readonly removed: 'at its end' | 'when it is drained';
}

/** How the app writes. It ends by itself when all is written. */
export interface Writing {
  readonly lines: number;
  /** Lines between two pauses of a tenth of a second; at each pause the file is synced. */
  readonly linesAtOnce: number;
  /** Characters that fill the lines up, in turn. */
  readonly padding: readonly number[];
  /** On TERM: whoever writes on is killed at the end of the grace period. */
  readonly onTerm: 'ends' | 'writes on';
  readonly gracePeriodSeconds: number;
  readonly restartPolicy: 'Never' | 'OnFailure';
}

/** A fault of one run, and when it strikes. */
export interface OwnStrike {
  readonly fault: OwnFault;
  readonly when:
    | { readonly kind: 'lines'; readonly count: number }
    /** As soon as the process of its finalizer Job drains. */
    | { readonly kind: 'draining'; readonly how: DrainerKill }
    /** It lies in what is written, or in how the Pod is made. */
    | { readonly kind: 'from the start' };
}

/** What of a finalizer Job is taken away. */
export type DrainerKill = 'process' | 'Pod' | 'Job';

/** A fault of the cluster, and when it strikes and passes. */
export interface SharedStrike {
  readonly fault: SharedFault;
  readonly from: SharedMoment;
  /** Number of runs of the round whose Pods are over: those end whatever else does not work. */
  readonly untilOver: number;
}

/** When so many runs of the round have come so far. */
export interface SharedMoment {
  readonly runs: number;
  readonly are: 'writing' | 'over';
}

/** How the Pods of a round end: one in each way, as far as there are runs. */
const ENDS = [...ENDING_FAULTS, 'no fault'] as const;
type End = (typeof ENDS)[number];

/** Runs of a round where nobody says otherwise: every way to end. */
export const ROUND_SIZE = ENDS.length;

/** The rounds of so many runs; the seed of each is its place after the first. */
export function planRounds(seed: number, runs: number): readonly RoundPlan[] {
  return Array.from({ length: Math.ceil(runs / ROUND_SIZE) }, (_, index) =>
    planRound(seed + index, Math.min(ROUND_SIZE, runs - index * ROUND_SIZE)),
  );
}

/** One round, by its own seed. A shorter one has the first runs of the full one. */
export function planRound(seed: number, size: number = ROUND_SIZE): RoundPlan {
  const random = createRandom(seed);
  const runs = random.shuffled(ENDS).map((end, index) => planRun(random, index + 1, end));
  const strikes = planShared(random, seed);
  return { seed, runs: runs.slice(0, size), strikes: strikes.map((each) => within(size, each)) };
}

/** What is to strike a run: its own faults, and those of the cluster while its round is under way. */
export function askedOf({ strikes }: RoundPlan, run: RunPlan): readonly Fault[] {
  return [...run.strikes, ...strikes].map(({ fault }) => fault);
}

/** Nobody waits for more runs than there are. */
function within(size: number, strike: SharedStrike): SharedStrike {
  const { from, untilOver } = strike;
  return {
    ...strike,
    from: { ...from, runs: Math.min(from.runs, size) },
    untilOver: Math.min(untilOver, size),
  };
}

function planRun(random: Random, number: number, end: End): RunPlan {
  const writing = planWriting(random, end);
  // Who lingers is struck early.
  const lines = lingers(end) ? writing.lines / LINGERING : writing.lines;
  /** In the middle of it, so that something is shipped, and something is not. */
  const moment = (): { kind: 'lines'; count: number } => ({
    kind: 'lines',
    count: random.between(Math.ceil(lines * 0.3), Math.floor(lines * 0.7)),
  });
  const strikes: OwnStrike[] = [];
  const isLong = end !== 'Pod of one second' && end !== 'empty volume';
  // Not the last: the Pod goes on, its app is started again.
  const restarted = isLong && end !== 'app killed' && random.chance(0.3);
  if (restarted) {
    const count = random.between(Math.ceil(lines * 0.1), Math.floor(lines * 0.25));
    strikes.push({ fault: 'app killed', when: { kind: 'lines', count } });
  }
  if (end === 'Pod of one second' || end === 'empty volume') {
    strikes.push({ fault: end, when: { kind: 'from the start' } });
  } else if (end !== 'no fault') {
    strikes.push({ fault: end, when: moment() });
  }
  if (end === 'no fault' || random.chance(0.3)) {
    const how = random.pick<DrainerKill>(['process', 'Pod', 'Job']);
    strikes.push({ fault: 'finalizer Job killed', when: { kind: 'draining', how } });
  }
  return {
    number,
    writing: { ...writing, restartPolicy: restarted ? 'OnFailure' : 'Never' },
    strikes,
    ...(end === 'no fault' && random.chance(0.5) ? { deletedAfter: moment().count } : {}),
    removed: random.pick(['at its end', 'when it is drained']),
  };
}

/**
 * Whose object is gone at once writes on so long that a Job that was made at once would have drained
 * long before.
 */
function lingers(end: End): boolean {
  return end === 'Pod deleted with grace period 0';
}

/** How many times as many lines. */
const LINGERING = 4;

function planWriting(random: Random, end: End): Writing {
  const linesAtOnce = random.pick([2, 5, 10]);
  // A pause is a tenth of a second: what is long takes 6 s to 12 s.
  const pauses = end === 'Pod of one second' ? 10 : random.between(60, 120);
  return {
    lines: end === 'empty volume' ? 0 : linesAtOnce * pauses * (lingers(end) ? LINGERING : 1),
    linesAtOnce,
    padding: Array.from({ length: random.between(1, 4) }, () =>
      random.pick([0, 10, 80, 400, 2000]),
    ),
    onTerm: lingers(end) ? 'writes on' : random.pick(['ends', 'writes on']),
    gracePeriodSeconds: lingers(end) ? random.between(10, 15) : random.between(2, 5),
    restartPolicy: 'Never',
  };
}

/**
 * A pair by the seed's parity, so that two rounds have all, and by luck one of the other pair. A tenth
 * of the runs of any series is so to be struck by each.
 */
function planShared(random: Random, seed: number): readonly SharedStrike[] {
  const [even, odd] = SHARED_PAIRS;
  const [pair, others] = seed % 2 === 0 ? [even, odd] : [odd, even];
  const faults: SharedFault[] = [...pair, ...(random.chance(0.3) ? [random.pick(others)] : [])];
  return random.shuffled(faults).map((fault) => {
    const over = random.between(1, 4);
    const from: SharedMoment = random.chance(0.5)
      ? { runs: random.between(2, 5), are: 'writing' }
      : { runs: over, are: 'over' };
    return { fault, from, untilOver: over + random.between(1, 3) };
  });
}
