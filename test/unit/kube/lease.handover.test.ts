import { describe, expect, test } from '@jest/globals';
import { delay } from '../../../src/clock.ts';
import { withLease, type Handover, type Lease } from '../../../src/kube/lease.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { held, leasing, stored } from '../../support/leasing.ts';
import { memoryApi, type MemoryApi } from '../../support/memory-api.ts';

describe('what a leader leaves to the next one', () => {
  const annotation = 'example.com/seen';
  const annotated = (annotations: Record<string, string>, holderIdentity = 'other'): Lease => ({
    ...held,
    metadata: { ...held.metadata, annotations },
    spec: { ...held.spec, holderIdentity },
  });
  const leading = (api: MemoryApi, clock: FakeClock, handover: Handover) => {
    const stop = new AbortController();
    const lead = (signal: AbortSignal): Promise<void> => delay(clock, 3_600_000, signal);
    const done = withLease({ ...leasing({ api, clock }), handover }, lead, stop.signal);
    return { stop, done };
  };
  const given = (api: MemoryApi): unknown => stored(api).metadata.annotations;

  test('is written with each renewal, beside what others have annotated', async () => {
    const api = memoryApi(annotated({ theirs: 'x' }));
    const clock = new FakeClock();
    let text: string | undefined = 'one';
    const { stop, done } = leading(api, clock, {
      annotation,
      take: () => undefined,
      give: () => text,
    });
    await clock.advance(15_000 + 3_000);
    expect(given(api)).toEqual({ theirs: 'x', [annotation]: 'one' });
    text = 'two';
    await clock.advance(3_000);
    expect(given(api)).toEqual({ theirs: 'x', [annotation]: 'two' });
    text = undefined;
    await clock.advance(3_000);
    expect(given(api)).toEqual({ theirs: 'x' });
    stop.abort();
    await done;
  });

  test('is taken before the next one leads, after a crash and after an end', async () => {
    for (const holderIdentity of ['other', '']) {
      const api = memoryApi(annotated({ [annotation]: 'theirs' }, holderIdentity));
      const clock = new FakeClock();
      const taken: string[] = [];
      const take = (text: string): void => {
        taken.push(text);
      };
      const { stop, done } = leading(api, clock, { annotation, take, give: () => taken.at(-1) });
      await clock.advance(15_000);
      expect(taken).toEqual(['theirs']);
      // Also where this one ends before it has renewed.
      stop.abort();
      await done;
      expect(given(api)).toEqual({ [annotation]: 'theirs' });
    }
  });

  test('is empty where there is none', async () => {
    const taken: string[] = [];
    const take = (text: string): void => {
      taken.push(text);
    };
    const clock = new FakeClock();
    const { stop, done } = leading(memoryApi(), clock, { annotation, take, give: () => undefined });
    await clock.advance(3_000);
    expect(taken).toEqual(['']);
    stop.abort();
    await done;
  });
});
