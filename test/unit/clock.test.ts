import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { delay, systemClock } from '../../src/clock.ts';
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
