import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { deadline, delay, systemClock } from '../../src/clock.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';

describe('delay', () => {
  test('ends when its time has come', async () => {
    const clock = new FakeClock();
    let ended = false;
    void delay(clock, 1_000).then(() => (ended = true));
    await clock.advance(999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(ended).toBe(true);
  });
  test('ends at once when the signal aborts, and leaves no timer', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const waiting = delay(clock, 1_000, stop.signal);
    stop.abort();
    await waiting;
    expect(clock.pending).toBe(0);
  });
  test('does not begin when the signal has aborted', async () => {
    const clock = new FakeClock();
    await delay(clock, 1_000, AbortSignal.abort());
    expect(clock.pending).toBe(0);
  });
  test('leaves no listener behind: signals live as long as the process', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    const waiting = delay(clock, 1_000, signal);
    await clock.advance(1_000);
    await waiting;
    expect(remove).toHaveBeenCalledTimes(1);
  });
});

describe('deadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  test('aborts when its time has come', () => {
    const { signal } = deadline(1_000);
    jest.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });
  test('aborts with the signal that it follows, and for its reason', () => {
    const stop = new AbortController();
    const { signal } = deadline(1_000, stop.signal);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(signal.reason).toBe(reason);
  });
  test('has aborted where that signal has', () => {
    expect(deadline(1_000, AbortSignal.abort('before')).signal.reason).toBe('before');
  });
  test('once disposed of leaves neither timer nor listener, and never aborts', () => {
    const stop = new AbortController();
    const remove = jest.spyOn(stop.signal, 'removeEventListener');
    const limit = deadline(1_000, stop.signal);
    limit[Symbol.dispose]();
    expect(jest.getTimerCount()).toBe(0);
    expect(remove).toHaveBeenCalledTimes(1);
    stop.abort();
    expect(limit.signal.aborted).toBe(false);
  });
});

describe('the clock of the system', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  test('runs once, and not when it was cancelled', () => {
    const ran: string[] = [];
    systemClock.after(100, () => ran.push('a'));
    systemClock.after(100, () => ran.push('b'))();
    jest.advanceTimersByTime(500);
    expect(ran).toEqual(['a']);
  });
  test.each([-1_000, 2 ** 40])('takes %s ms, which setTimeout would not', (ms) => {
    const ran: number[] = [];
    systemClock.after(ms, () => ran.push(ms));
    jest.advanceTimersByTime(1);
    expect(ran).toEqual(ms < 0 ? [ms] : []);
  });
});

test('settle lets promises run', async () => {
  let ran = false;
  void Promise.resolve().then(() => (ran = true));
  await settle();
  expect(ran).toBe(true);
});
