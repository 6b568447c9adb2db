import { expect, test } from '@jest/globals';
import { Sightings } from '../../../webhook/sightings.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('count from the first sight without a break, whatever somebody does to the clock', async () => {
  const clock = new FakeClock();
  const sightings = new Sightings(clock);
  const seen = async (...all: string[]): Promise<Record<string, number>> => {
    sightings.see(all);
    clock.jump(-86_400_000);
    await clock.advance(10);
    return Object.fromEntries(sightings.ms);
  };
  expect(await seen('a')).toEqual({ a: 10 });
  expect(await seen('a', 'b')).toEqual({ a: 20, b: 10 });
  expect(await seen('b')).toEqual({ b: 20 });
  expect(await seen('a', 'b')).toEqual({ a: 10, b: 30 });
});
