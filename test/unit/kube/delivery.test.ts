import { describe, expect, test } from '@jest/globals';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { Delivery, type Change } from '../../../src/kube/delivery.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make } from '../../support/make.ts';
import { memoryLog, type MemoryLog } from '../../support/memory-log.ts';

const pod = (name: string, resourceVersion: string, uid = `${name}-uid`): Stored<Pod> =>
  make.pod({ metadata: { name, resourceVersion, uid } });
const set = (name: string, version: string, uid?: string): Change<Pod> => ({
  type: 'set',
  object: pod(name, version, uid),
});

interface Setup {
  delivery: Delivery<Pod>;
  clock: FakeClock;
  log: MemoryLog;
  /** What was taken. */
  taken: string[];
  /** How often it was told something. */
  readonly told: number;
  /** Names of objects that the watcher throws at. */
  poisonous: Set<string>;
}

function setup(...poisonous: string[]): Setup {
  const clock = new FakeClock();
  const log = memoryLog();
  const all = { clock, log, taken: [] as string[], told: 0, poisonous: new Set(poisonous) };
  const watcher = ({ type, object: { metadata } }: Change<Pod>): void => {
    all.told += 1;
    if (all.poisonous.has(metadata.name)) throw new TypeError(`${metadata.name} is poison`);
    all.taken.push(`${type} ${metadata.name} ${metadata.resourceVersion}`);
  };
  return Object.assign(all, { delivery: new Delivery(watcher, { clock, log }) });
}

test('a change is told at once, and nothing is left of it', () => {
  const { delivery, taken, clock } = setup();
  delivery.tell(set('a', '1'));
  expect([taken, delivery.isComplete, clock.pending]).toEqual([['set a 1'], true, 0]);
});

describe('a change that was not taken', () => {
  test('is told again until it is, with a word each time', async () => {
    const { delivery, clock, log, taken, poisonous } = setup('a');
    delivery.tell(set('a', '1'));
    expect(delivery.isComplete).toBe(false);
    await clock.advance(10_000);
    expect(taken).toEqual([]);
    expect(log.at('error').length).toBeGreaterThan(2);
    expect(log.lines[0]?.fields).toMatchObject({ keys: 'shop/a', error: 'a is poison' });
    poisonous.clear();
    await clock.advance(36_000);
    expect(taken).toEqual(['set a 1']);
    expect([delivery.isComplete, clock.pending]).toEqual([true, 0]);
  });

  test('waits longer from one failure to the next, and starts over after a success', async () => {
    const all = setup('a');
    const { delivery, clock, poisonous } = all;
    delivery.tell(set('a', '1'));
    await clock.advance(600_000);
    expect(all.told).toBeLessThan(30);
    expect(clock.deadlines[0]).toBeGreaterThan(0);
    poisonous.clear();
    await clock.advance(36_000);
    poisonous.add('a');
    delivery.tell(set('a', '2'));
    expect(clock.deadlines[0]).toBeLessThanOrEqual(600);
  });

  test('does not hold up other objects', () => {
    const { delivery, taken } = setup('a');
    delivery.tell(set('a', '1'));
    delivery.tell(set('b', '2'));
    expect(taken).toEqual(['set b 2']);
  });

  test('holds up what comes after it of the same object: the order stays', async () => {
    const { delivery, clock, taken, poisonous } = setup('a');
    delivery.tell(set('a', '1'));
    poisonous.clear();
    delivery.tell({ type: 'removed', object: pod('a', '2') });
    delivery.tell(set('a', '3', 'second'));
    expect(taken).toEqual([]);
    await clock.advance(600);
    expect(taken).toEqual(['set a 1', 'removed a 2', 'set a 3']);
  });

  test('gives way to a later state of the same object: what waits does not grow', async () => {
    const { delivery, clock, taken, poisonous } = setup('a');
    for (let version = 1; version <= 1000; version += 1) delivery.tell(set('a', String(version)));
    poisonous.clear();
    await clock.advance(600);
    expect(taken).toEqual(['set a 1000']);
  });

  test('does not give way to another object of its name', async () => {
    const { delivery, clock, taken, poisonous } = setup('a');
    delivery.tell(set('a', '1', 'first'));
    delivery.tell(set('a', '2', 'second'));
    poisonous.clear();
    await clock.advance(600);
    expect(taken).toEqual(['set a 1', 'set a 2']);
  });

  test('is one of many: one timer and one line for all', async () => {
    const { delivery, clock, log, taken, poisonous } = setup('a', 'b', 'c');
    for (const name of ['a', 'b', 'c', 'd']) delivery.tell(set(name, '1'));
    expect([clock.pending, log.lines.length, taken]).toEqual([1, 1, ['set d 1']]);
    poisonous.delete('b');
    await clock.advance(600);
    expect([clock.pending, log.lines.length, taken]).toEqual([1, 2, ['set d 1', 'set b 1']]);
  });
});

test('at the end no timer is left', () => {
  const { delivery, clock } = setup('a');
  delivery.tell(set('a', '1'));
  delivery.stop();
  expect(clock.pending).toBe(0);
});
