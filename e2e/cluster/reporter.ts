/** Tells a person what happens, one plain line at a time (no TTY is needed). */
export interface Reporter {
  /** One line of progress, with the seconds since the start in front. */
  step(text: string): void;
  /** One line of a command's answer, printed as it is. */
  line(text: string): void;
}

/** A reporter for `output`; `now` gives milliseconds. */
export function createReporter(
  output: { write(text: string): unknown },
  now: () => number,
): Reporter {
  const started = now();
  return {
    step(text) {
      const seconds = ((now() - started) / 1000).toFixed(1).padStart(6);
      output.write(`[${seconds} s] ${text}\n`);
    },
    line(text) {
      output.write(`${text}\n`);
    },
  };
}

/** For callers that want no progress, such as tests. */
export const silentReporter: Reporter = {
  step() {
    // nobody listens
  },
  line() {
    // nobody listens
  },
};
