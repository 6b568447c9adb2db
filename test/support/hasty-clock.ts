import { systemClock, type Clock } from '../../src/clock.ts';

/** Real time in which every wait is a hundred times shorter: for what waits and has a real connection. */
export const hastyClock: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms / 100, run),
};
