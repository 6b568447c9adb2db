import type { ApiWrite } from './api-write.ts';

/** Before the API server gets the write, or when it has stored it and nobody was told. */
export const MOMENTS = ['before', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];

/** Where the operator is to die. */
export interface Strike {
  /** Asked once for each write, in the order in which the API server gets them. */
  matches: (write: ApiWrite) => boolean;
  moment: Moment;
}

/**
 * What all writes of the operator go through, one at a time, so that none is on its way when the
 * operator is killed. Each start of the operator is a life of its own with a number: what a former
 * life has asked for is not carried out any more.
 */
export interface Gate {
  /** Number of the life that may write now. */
  readonly life: number;
  /** What the API server was asked to do so far, the oldest first. */
  readonly written: readonly ApiWrite[];
  /** Resolves when the operator was killed there. A strike falls once. */
  arm(strike: Strike): Promise<ApiWrite>;
  /** Withholds such writes until the function that it returns is called. */
  hold(matches: (write: ApiWrite) => boolean): () => void;
  /** What `forward` answers; `undefined` where who asked is dead. */
  through<A>(life: number, write: ApiWrite, forward: () => Promise<A>): Promise<A | undefined>;
}

interface Armed extends Strike {
  fell: (write: ApiWrite) => void;
}

interface Hold {
  matches: (write: ApiWrite) => boolean;
  over: Promise<void>;
}

/** `kill` ends the operator that runs, and returns when it is gone. */
export function createGate(kill: () => Promise<void>): Gate {
  const written: ApiWrite[] = [];
  const armed = new Set<Armed>();
  const holds = new Set<Hold>();
  let life = 1;
  let turn: Promise<unknown> = Promise.resolve();

  const fall = async (strike: Armed, write: ApiWrite): Promise<void> => {
    armed.delete(strike);
    life += 1;
    await kill();
    strike.fell(write);
  };

  const carryOut = async <A>(
    asked: number,
    write: ApiWrite,
    forward: () => Promise<A>,
  ): Promise<A | undefined> => {
    if (asked !== life) return undefined;
    // All are asked: each counts for itself.
    const [strike] = [...armed].filter((one) => one.matches(write));
    if (strike?.moment === 'before') {
      await fall(strike, write);
      return undefined;
    }
    written.push(write);
    const answer = await forward();
    if (strike === undefined) return answer;
    await fall(strike, write);
    return undefined;
  };

  return {
    get life() {
      return life;
    },
    written,
    arm: ({ matches, moment }) =>
      new Promise((resolve) => {
        armed.add({ matches, moment, fell: resolve });
      }),
    hold: (matches) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const hold: Hold = { matches, over: promise };
      holds.add(hold);
      return () => {
        holds.delete(hold);
        resolve(undefined);
      };
    },
    through: async (asked, write, forward) => {
      await Promise.all([...holds].filter((one) => one.matches(write)).map(({ over }) => over));
      const done = turn.then(() => carryOut(asked, write, forward));
      turn = done.catch(() => undefined);
      return done;
    },
  };
}
