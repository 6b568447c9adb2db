/** Time as a dependency. */
export interface Clock {
  /** Milliseconds since the epoch. Somebody may set the machine's clock meanwhile. */
  now(): number;
  /** Milliseconds since some beginning, by a clock that nobody sets: for how long something lasts. */
  uptime(): number;
  /** Runs the function once, that many ms from now. The returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** Timers do not keep the process alive: what runs does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => performance.now(),
  after: (ms, run) => {
    // setTimeout fires at once beyond 2^31 ms; a deadline that far away is asked for again.
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** A function, for the compiler: it believes that `signal.aborted` cannot change in between. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

/** Resolves after that many ms, or as soon as the signal aborts. Never rejects. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** A signal that is to be disposed of when what it was for has ended. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Aborts with the signal, or after that many ms of the system's clock, as `AbortSignal.any` and
 * `AbortSignal.timeout` would together. Those are kept until the time has come, with all that waits for
 * them: at a hundred admissions a second, tens of MiB for requests that were answered long ago.
 */
export function deadline(ms: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController();
  const follow = (): void => {
    controller.abort(signal?.reason);
  };
  const timer = setTimeout(() => {
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  }, ms);
  timer.unref();
  if (signal?.aborted === true) follow();
  else signal?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', follow);
    },
  };
}
