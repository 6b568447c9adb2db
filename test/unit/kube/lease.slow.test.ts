import { describe, expect, jest, test } from '@jest/globals';
import { delay } from '../../../src/clock.ts';
import { ApiUnreachable } from '../../../src/kube/api-error.ts';
import { settle, type FakeClock } from '../../support/fake-clock.ts';
import { held, running, stored } from '../../support/leasing.ts';
import { refusal, type MemoryApi } from '../../support/memory-api.ts';

describe('while answers are slow', () => {
  /** The API server stores at once, its answer takes a while. */
  const slow = (api: MemoryApi, clock: FakeClock, ms: number): void => {
    const replace = api.replace.bind(api);
    api.replace = async (object, options) => {
      const stored = await replace(object, options);
      await delay(clock, ms);
      return stored;
    };
  };
  const down = (): Error => new ApiUnreachable('PUT', new Error('down'));

  test('ends before another one may start, also after a renewal whose answer took 6 s', async () => {
    const { api, clock, led } = await running(undefined);
    slow(api, clock, 6_000);
    await clock.advance(4_000);
    api.refuse = down;
    // Asked for after 3 s: others may start after 13 s.
    await clock.advance(8_900);
    expect(led).toEqual(['started', 'aborted']);
  });

  test('ends before another one may start, also when its acquisition was answered late', async () => {
    const { api, clock, led } = await running(held);
    slow(api, clock, 6_000);
    api.refuse = ({ verb }) => (verb === 'replace' && api.writes.length > 1 ? down() : undefined);
    await clock.advance(17_000);
    const { holderIdentity, renewTime = '' } = stored(api).spec;
    expect(holderIdentity).toBe('me');
    await clock.advance(Date.parse(renewTime) + 9_900 - clock.now());
    expect(led.at(-1) ?? 'aborted').toBe('aborted');
  });

  test('ends before another one may start, also when nobody says whose the Lease is', async () => {
    const { api, clock, led } = await running(undefined);
    const seconds: number[] = [];
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      seconds.push(ms / 1000);
      const late = new AbortController();
      clock.after(ms, () => {
        late.abort();
      });
      return late.signal;
    });
    api.refuse = ({ verb }) => (verb === 'replace' ? refusal(409, 'Conflict') : undefined);
    // The connection is half-open: no answer at all.
    api.get = (_, options) =>
      new Promise((__, reject) => {
        options?.signal?.addEventListener('abort', () => {
          reject(new ApiUnreachable('GET', new Error('aborted')));
        });
      });
    await clock.advance(7_000);
    timeout.mockRestore();
    expect(led).toEqual(['started', 'aborted']);
    // The rest of the time that it may lead: 7 s, less the 3 s before it renewed.
    expect(seconds).toEqual([4, 4]);
  });

  test('says nothing of a renewal that is cut off by it', async () => {
    const { api, stop, done, clock, log } = await running(undefined);
    api.replace = (_, options) =>
      new Promise((__, reject) => {
        options?.signal?.addEventListener('abort', () => {
          reject(new ApiUnreachable('PUT', new Error('aborted')));
        });
      });
    await clock.advance(3_000);
    stop.abort();
    await settle();
    expect(log.at('warn')).not.toContain('cannot renew the Lease; will try again');
    api.refuse = () => new ApiUnreachable('GET', new Error('down'));
    await done;
  });
});
